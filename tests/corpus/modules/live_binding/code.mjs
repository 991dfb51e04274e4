import {n, inc} from "m";
results.a = n; inc(); results.b = n