import * as m from "m";
results.keys = Object.keys(m); results.d = m.default; results.tag = String(m); results.json = m