//! For tests only: fixture site, unique names, real services, a chaos proxy.
