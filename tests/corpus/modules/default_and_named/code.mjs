import d, {n} from "m";
results.a = d; results.b = n