import {a} from "";
results.a = a