import {a, b} from "idx";
results.a = a; results.b = b