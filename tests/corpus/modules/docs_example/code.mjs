import {getTitle} from 'shared';

const t = await getTitle(page);
logger.info(t);
results.t = t;