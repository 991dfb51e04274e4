// The names of Node's fetch as the package undici exports them.
import { FormData } from "internal:node/form_data";
import { Headers } from "internal:node/headers";
import { fetch } from "internal:web/fetch";
import { Request } from "internal:web/request";
import { Response } from "internal:web/response";

export default { fetch, FormData, Headers, Request, Response };
