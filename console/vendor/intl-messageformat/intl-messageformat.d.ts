export { IntlMessageFormat } from "../../../clients/typescript/node_modules/intl-messageformat/index.js";
