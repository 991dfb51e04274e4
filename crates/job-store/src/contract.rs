//! One suite for every implementation of JobStore.
