//! One suite for every implementation of JobQueue.
