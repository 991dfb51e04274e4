// The package dotenv: a job's vars are its environment already.
import { jobVars } from "internal:core/end";

const parsed = () => ({ parsed: { ...jobVars() } });
export default { config: parsed, configDotenv: parsed, populate() {}, parse: () => ({}) };
