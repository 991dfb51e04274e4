import m from "m";
results.x = m