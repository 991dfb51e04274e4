import { record } from "watch";
// The fixture site has no certificate: the upstream specs and the browser crate's tests cover this class.
record(results);
