//! Runs a user's code in QuickJS against a page.
