/** What the model's classes are called on the page. */
const TISSUES: Readonly<Record<string, string>> = {
  background: "Outside",
  fat: "Scalp and fat",
  soft: "Muscle and other soft tissue",
  cortical: "Cortical bone",
  spongy: "Spongy bone",
  cavity: "Air cavities",
  csf: "CSF",
  grey: "Grey matter",
  white: "White matter",
  eye: "Eyes",
};
const DENSITIES: Readonly<Record<string, string>> = {
  air: "Air",
  fat: "Fat",
  soft: "Soft tissue",
  bone: "Bone",
};

export const tissueName = (name = "") => TISSUES[name] ?? name;
export const densityName = (name: string) => DENSITIES[name] ?? name;
