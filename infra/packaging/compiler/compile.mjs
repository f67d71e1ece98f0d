// `compile.mjs <pyodide.mjs> <bundle> <package>…`: compile.py, run by Pyodide's Python.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, bundle, ...packages] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(pyodide));
const python = await loadPyodide();
python.FS.mkdirTree("/bundle");
python.FS.mount(python.FS.filesystems.NODEFS, { root: bundle }, "/bundle");
python.globals.set("given", python.toPy(["", "/bundle", ...packages]));
python.runPython("import sys; sys.argv = given");
python.runPython(readFileSync(new URL("compile.py", import.meta.url), "utf8"));
