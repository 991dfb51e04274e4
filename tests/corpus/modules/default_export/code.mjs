import m from "m";
results.a = m(2)