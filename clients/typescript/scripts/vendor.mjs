// Bundles what the console uses of npm into console/vendor, one module each, so that its pages need no build step.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

import { build } from "esbuild";

const root = new URL("..", import.meta.url);
const vendor = new URL("../../console/vendor/", root);
const modules = {
  "gavel-client": { entry: "src/index.ts", minify: false, licences: ["openapi-fetch/LICENSE"] },
  "intl-messageformat": {
    entry: "node_modules/intl-messageformat/index.js",
    minify: true,
    licences: [
      "intl-messageformat/LICENSE.md",
      "@formatjs/icu-messageformat-parser/LICENSE.md",
      "@formatjs/icu-skeleton-parser/LICENSE.md",
      "@formatjs/fast-memoize/LICENSE.md",
    ],
  },
};

for (const [name, { entry, minify, licences }] of Object.entries(modules)) {
  const folder = new URL(`${name}/`, vendor);
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [new URL(entry, root).pathname],
    outfile: new URL(`${name}.js`, folder).pathname,
    bundle: true,
    format: "esm",
    target: "es2023",
    charset: "utf8",
    minify,
    banner: { js: "// Made by `make contracts` (clients/typescript/scripts/vendor.mjs). Do not edit." },
  });
  const texts = licences.map((of) => `${of}\n\n${readFileSync(new URL(`node_modules/${of}`, root), "utf8").trim()}\n`);
  writeFileSync(new URL("LICENSE", folder), texts.join("\n"));
}
