import {a} from 'm'
import {b} from "n"
results.a = a; results.b = b