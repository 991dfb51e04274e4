import {x} from "./m";
results.x = x