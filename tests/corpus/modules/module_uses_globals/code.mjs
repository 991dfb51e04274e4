import {go} from "m";
await go()