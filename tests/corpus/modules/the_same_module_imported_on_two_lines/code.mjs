import {inc} from "counter";
import {get} from "counter";
inc();
results.get = get();