results.before = 1;
import {a} from "m";
results.a = a;