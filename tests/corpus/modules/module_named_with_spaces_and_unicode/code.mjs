import {a} from "my módule/x?y=1#z";
results.a = a