import * as m from "m";
results.k = Object.keys(m)