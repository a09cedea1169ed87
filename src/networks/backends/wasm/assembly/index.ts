export { help, run } from "./pool";
