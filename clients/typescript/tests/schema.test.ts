import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import openapi, { astToString, COMMENT_HEADER } from "openapi-typescript";

test("the types are those of docs/openapi.json: `make contracts` writes them anew", async () => {
  const generated = await openapi(pathToFileURL("../../docs/openapi.json"), { defaultNonNullable: false });
  assert.ok(
    `${COMMENT_HEADER}${astToString(generated)}` === readFileSync("src/schema.ts", "utf8"),
    "src/schema.ts is out of date",
  );
});
