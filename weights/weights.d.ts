/** A weights file in base64: what the build makes of an import of one. */
declare module "*.safetensors" {
  const base64: string;
  export default base64;
}
