import {c} from "c";
results.c = c