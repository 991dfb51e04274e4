//! Jobs in a CouchDB over REST.
