import {a} from "m"; results.a = a;
results.b = typeof a