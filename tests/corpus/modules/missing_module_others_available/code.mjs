import {x} from "nope";
results.x = x