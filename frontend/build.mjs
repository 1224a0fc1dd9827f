// Bundle what the browser needs into app/static/dist; axe.js is for the tests only.
import { build } from "esbuild";
import { copyFileSync, mkdirSync } from "node:fs";

const out = "../app/static/dist";
mkdirSync(out, { recursive: true });
await build({
  entryPoints: { viewer: "viewer.js", modeler: "modeler.js", decisions: "decisions.js" },
  bundle: true, minify: true, format: "esm", splitting: true, outdir: out,
  loader: { ".svg": "dataurl", ".woff": "dataurl", ".woff2": "dataurl", ".ttf": "dataurl", ".eot": "dataurl" },
  logLevel: "warning",
});
for (const [from, to] of [
  ["bootstrap/dist/css/bootstrap.min.css", "bootstrap.min.css"],
  ["bootstrap/dist/js/bootstrap.bundle.min.js", "bootstrap.bundle.min.js"],
  ["htmx.org/dist/htmx.min.js", "htmx.min.js"],
  ["axe-core/axe.min.js", "axe.min.js"],
]) copyFileSync(`node_modules/${from}`, `${out}/${to}`);
