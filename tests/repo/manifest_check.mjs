// Says what is wrong with manifests of Kubernetes and of the prometheus-operator. Reads a JSON list of them from
// standard input, and writes a list with the errors of each, texts, as JSON. The folder is the argument into
// which tools/install-deps deploy has put the packages.
//
// Two checks complement each other. The packages' validators know patterns, such as that of a duration, but
// let unknown fields pass. The compiler of TypeScript finds these, when a manifest is a literal of its type.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const packages = path.resolve(process.argv[2], "node_modules");
const manifests = JSON.parse(fs.readFileSync(0, "utf8"));
const load = (file) => import(pathToFileURL(path.join(packages, file)));

// The module of a kind; undefined where there is no such kind.
function moduleOf({ apiVersion, kind }) {
  return ["kubernetes-models", "@kubernetes-models/prometheus-operator"]
    .map((name) => `${name}/${apiVersion}/${kind}`)
    .find((name) => fs.existsSync(path.join(packages, `${name}.js`)));
}

async function invalidFields(manifest) {
  const { [manifest.kind]: Model } = await load(`${moduleOf(manifest)}.js`);
  try {
    new Model(manifest).validate();
    return [];
  } catch (error) {
    return (error.errors ?? [error]).map((each) => `${each.instancePath ?? ""}: ${each.message}`);
  }
}

// [[text]], for each of `texts`, which are sources in TypeScript.
async function compilerErrors(texts) {
  const { default: ts } = await load("typescript/lib/typescript.js");
  const sources = new Map(texts.map((text, number) =>
    [path.join(packages, `../manifest${number}.ts`), text]));
  const options = {
    exactOptionalPropertyTypes: true, lib: ["lib.es2022.d.ts"], module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext, noEmit: true, skipLibCheck: true, strict: true, types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.getSourceFile = (name, version) => sources.has(name)
    ? ts.createSourceFile(name, sources.get(name), version) : getSourceFile(name, version);
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].map((name) => {
    const file = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
  });
}

function sourceOf(manifest) {
  return `import type { I${manifest.kind} } from "${moduleOf(manifest)}";\n` +
    `export const manifest: I${manifest.kind} = ${JSON.stringify(manifest)};\n`;
}

const known = manifests.filter(moduleOf);
const fromCompiler = await compilerErrors(known.map(sourceOf));
const found = new Map();
for (const [number, manifest] of known.entries()) {
  found.set(manifest, [...await invalidFields(manifest), ...fromCompiler[number]]);
}
console.log(JSON.stringify(manifests.map((manifest) =>
  found.get(manifest) ?? [`no kind ${manifest.kind} in ${manifest.apiVersion}`])));
