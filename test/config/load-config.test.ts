import { describe, expect, it } from "vitest";
import { type Config, loadConfig } from "../../src/config.ts";
import { SETTINGS } from "../../src/settings.ts";
import { accused, problems } from "./complaints.ts";

const MINUTE_MS = 60_000;

const JOURNAL = {
  ADOBE_JOURNAL_URL: "https://events-va6.adobe.io/events/organizations/1/integrations/2/registration-3",
  ADOBE_CLIENT_ID: "client-1",
  ADOBE_CLIENT_SECRET: "s3cret-of-client-1",
  ADOBE_ORG_ID: "ABC@AdobeOrg",
};

describe("a configuration", () => {
  it("of nothing is the presets: loopback, embedded store, keys asked for", () => {
    expect(loadConfig({})).toMatchObject({
      host: "127.0.0.1",
      port: 8202,
      dataDir: "./data",
      auth: "keys",
      journals: [],
      webhook: undefined,
      rawEvents: true,
    } satisfies Partial<Config>);
  });

  it("has presets that its own parsers accept", () => {
    for (const setting of Object.values(SETTINGS)) {
      if ("preset" in setting && setting.preset !== undefined) setting.parse(setting.preset);
    }
  });

  it("takes an empty variable as not set", () => {
    expect(loadConfig({ PORT: "", CLICKHOUSE_URL: "" })).toMatchObject({ port: 8202 });
  });

  it("lets the environment win over the file, and the file over the preset", () => {
    const file = "settings: { PORT: 9000, GRACE: 7m }";
    expect(loadConfig({ PORT: "9001" }, file).port).toBe(9001);
    expect(loadConfig({}, file).port).toBe(9000);
    expect(loadConfig({}, file).values.GRACE).toBe(7 * MINUTE_MS);
  });

  it("takes lists from the file as lists or as text", () => {
    for (const codes of ["[1004, 610]", "'1004,610'"]) {
      expect(loadConfig({}, `settings: { LINK_FAILURE_CODES: ${codes} }`).values.LINK_FAILURE_CODES).toEqual([
        "1004",
        "610",
      ]);
    }
  });
});

describe("what is wrong with a configuration", () => {
  it("is told all at once, from the environment and from the file", () => {
    const env = {
      PORT: "80a",
      GRACE: "soon",
      LOG_LEVEL: "loud",
      API_AUTH: "off",
      HOST: "0.0.0.0",
      CLICKHOUSE_CLUSTER: "c",
    };
    const file =
      "settings: { NO_SUCH: 1 }\njournals: [{ name: a }]\ninstances: { A: { grace: x } }\nextra: 1";
    const found = problems(env, file).join("\n");
    for (const name of [
      "PORT",
      "GRACE",
      "LOG_LEVEL",
      "API_AUTH",
      "CLICKHOUSE_CLUSTER",
      "NO_SUCH",
      "journals[0].url",
      "instances.A.grace",
      '"extra"',
    ]) {
      expect(found).toContain(name);
    }
  });

  it.each([
    ["PORT", "65536"],
    ["PORT", "-1"],
    ["PORT", "8202.5"],
    ["RETENTION_DAYS", "0"],
    ["CLICKHOUSE_URL", "localhost:8123"],
    ["CLICKHOUSE_DATABASE", "a b"],
    ["ADOBE_JOURNAL_URL", "file:///etc/passwd"],
    ["ADOBE_PUBLIC_KEY_ORIGIN", "https://keys.example/path"],
    ["RETRY_POLICY", "marketo-1999"],
    ["LINK_FAILURE_CODES", "1004,,404"],
    ["GRACE", "5"],
    ["RETRY_SPEED", "fast"],
    ["ADOBE_WEBHOOK", "yes"],
  ])("names %s when it is %s", (name, value) => {
    expect(accused({ ...JOURNAL, [name]: value })).toEqual([name]);
  });

  it("is a file that is no YAML, or holds no keys", () => {
    expect(problems({}, "settings: [")).toHaveLength(1);
    expect(problems({}, "just words")).toHaveLength(1);
  });

  it.each(["AFTER202_PROT", "ADOBE_CLIENTID", "ADOBE_JOURNAL", "AFTER202_URLS", "SALESFORCE_USER"])(
    "is a name like ours that is none: %s",
    (name) => {
      expect(accused({ [name]: "x" })).toEqual([name]);
    },
  );

  it("is not the rest of the environment, nor what the commands read", () => {
    const env = {
      PATH: "/bin",
      HOME: "/root",
      AFTER202_URL: "http://127.0.0.1:1",
      AFTER202_KEY: "k",
      AFTER202_KEY_FILE: "f",
      AFTER202_CONFIG: "f",
    };
    expect(() => loadConfig(env)).not.toThrow();
  });
});

describe("Salesforce", () => {
  const key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";
  const LOGIN = {
    SALESFORCE_CLIENT_ID: "app",
    SALESFORCE_USERNAME: "me@example.org",
    SALESFORCE_PRIVATE_KEY: key,
  };
  const TOKEN = { SALESFORCE_ACCESS_TOKEN: "t", SALESFORCE_ORG_URL: "https://o.my.salesforce.com" };

  it("is off unless it is set", () => {
    expect(loadConfig({}).salesforce).toBeUndefined();
  });

  it("is reached by a signed login, or by a ready token", () => {
    expect(loadConfig(LOGIN).salesforce).toMatchObject({
      loginUrl: "https://login.salesforce.com",
      discover: false,
      credentials: { kind: "jwt", clientId: "app", privateKey: key },
    });
    expect(loadConfig({ ...TOKEN, SALESFORCE_JOBS: "all" }).salesforce).toMatchObject({
      orgUrl: TOKEN.SALESFORCE_ORG_URL,
      discover: true,
      credentials: { kind: "token", token: "t" },
    });
  });

  it("reads its key from a file", () => {
    const { SALESFORCE_PRIVATE_KEY: _, ...login } = LOGIN;
    const config = loadConfig({ ...login, SALESFORCE_PRIVATE_KEY_FILE: "/run/key" }, "", () => `${key}\n`);
    expect(config.salesforce?.credentials).toMatchObject({ privateKey: key });
  });

  it("counts problem records where the file says so, and takes only names into its statements", () => {
    const file = (table: string) =>
      `salesforce: {problemRecords: [{object: Orders, table: ${table}, timeColumn: at__c}]}`;
    expect(loadConfig(LOGIN, file("PR_Orders__dll")).salesforce?.problemTables).toEqual([
      { object: "Orders", table: "PR_Orders__dll", timeColumn: "at__c" },
    ]);
    expect(accused(LOGIN, file("'x; DROP'"))).toEqual(["salesforce.problemRecords[0].table"]);
    expect(accused(LOGIN, "salesforce: {problems: []}")).toEqual(["salesforce.problems"]);
    expect(accused({}, file("PR_Orders__dll"))).toEqual(["SALESFORCE_CLIENT_ID"]);
  });

  it.each([
    ["SALESFORCE_USERNAME", { ...LOGIN, SALESFORCE_USERNAME: "" }],
    ["SALESFORCE_CLIENT_ID", { ...LOGIN, SALESFORCE_CLIENT_ID: "" }],
    ["SALESFORCE_PRIVATE_KEY", { ...LOGIN, SALESFORCE_PRIVATE_KEY: "secret" }],
    ["SALESFORCE_ORG_URL", { SALESFORCE_ACCESS_TOKEN: "t" }],
    ["SALESFORCE_ACCESS_TOKEN", { ...LOGIN, ...TOKEN }],
    ["SALESFORCE_JOBS", { SALESFORCE_JOBS: "some" }],
  ])("names %s when it is missing or wrong, and tells no secret", (name, env) => {
    expect(accused(env)).toEqual([name]);
    expect(problems(env).join()).not.toContain("secret");
  });
});

describe("API_AUTH=off", () => {
  it.each(["127.0.0.1", "127.8.8.8", "localhost", "::1"])("is accepted on %s", (HOST) => {
    expect(loadConfig({ API_AUTH: "off", HOST }).auth).toBe("off");
  });

  it.each(["0.0.0.0", "::", "192.168.1.5", "127.0.0.1.example.org", "example.org"])(
    "is refused on %s",
    (HOST) => {
      expect(accused({ API_AUTH: "off", HOST })).toEqual(["API_AUTH"]);
    },
  );
});

describe("a secret", () => {
  it("is read from the file that NAME_FILE names, without the newline at its end", () => {
    const paths: string[] = [];
    const config = loadConfig({ CLICKHOUSE_PASSWORD_FILE: "/run/secrets/ch" }, "", (path) => {
      paths.push(path);
      return "pa ss\n";
    });
    expect(config.values.CLICKHOUSE_PASSWORD).toBe("pa ss");
    expect(paths).toEqual(["/run/secrets/ch"]);
  });

  it("file that cannot be read is a problem, named by its variable", () => {
    const unreadable = (): string => {
      throw new Error("ENOENT");
    };
    expect(accused({ API_ADMIN_KEY_FILE: "/run/secrets/none" }, "", unreadable)).toEqual([
      "API_ADMIN_KEY_FILE",
    ]);
  });

  it("is the only kind of setting that is read from a file", () => {
    expect(accused({ ADOBE_CLIENT_ID_FILE: "/run/secrets/id" })).toEqual(["ADOBE_CLIENT_ID_FILE"]);
  });

  it("does not stand in the message about a file that is no YAML", () => {
    expect(problems({}, `journals: [{ clientSecret: "s3cret-of-client-1 }`).join()).not.toContain("s3cret");
  });

  it("never stands in a message", () => {
    const env = {
      ...JOURNAL,
      ADOBE_ORG_ID: undefined,
      API_ADMIN_KEY: "short-key",
      CLICKHOUSE_PASSWORD: "hunter2",
      PORT: "x",
    };
    const file =
      "journals: [{ name: n, url: '', clientSecret: '${ADOBE_CLIENT_SECRET}' }, { nam: '${API_ADMIN_KEY}' }]";
    const text = problems(env, file).join("\n");
    expect(text).toContain("API_ADMIN_KEY");
    for (const secret of ["short-key", "hunter2", JOURNAL.ADOBE_CLIENT_SECRET])
      expect(text).not.toContain(secret);
  });

  it("that opens every door is at least 16 characters long", () => {
    expect(accused({ API_ADMIN_KEY: "x".repeat(15) })).toEqual(["API_ADMIN_KEY"]);
    expect(loadConfig({ API_ADMIN_KEY: "x".repeat(16) }).adminKey).toHaveLength(16);
  });

  it("that opens what can be read is at least 16 characters long", () => {
    expect(accused({ API_READ_KEY: "x".repeat(15) })).toEqual(["API_READ_KEY"]);
    expect(loadConfig({ API_READ_KEY: "x".repeat(16) }).readKey).toHaveLength(16);
  });
});

describe("${NAME} in the file", () => {
  it("is the variable of the environment, at any depth", () => {
    const file =
      "settings: { DATA_DIR: '${BASE}/ledger' }\njournals: [{ name: 'j-${BASE}', url: 'https://x.example' }]";
    const config = loadConfig({ ...JOURNAL, ADOBE_JOURNAL_URL: undefined, BASE: "/srv" }, file);
    expect(config.dataDir).toBe("/srv/ledger");
    expect(config.journals[0]?.name).toBe("j-/srv");
  });

  it("that is not set is a problem", () => {
    expect(problems({}, "settings: { DATA_DIR: '${NOWHERE}' }").join()).toContain("NOWHERE");
  });

  it("is not expanded twice", () => {
    expect(loadConfig({ A: "${B}", B: "b" }, "settings: { DATA_DIR: '${A}' }").dataDir).toBe("${B}");
  });
});

describe("journals", () => {
  it("need their credentials, each missing one named", () => {
    expect(accused({ ADOBE_JOURNAL_URL: JOURNAL.ADOBE_JOURNAL_URL })).toEqual([
      "ADOBE_CLIENT_ID",
      "ADOBE_CLIENT_SECRET",
      "ADOBE_ORG_ID",
    ]);
  });

  it("stand side by side: the one of the environment and those of the file, which inherit what they do not say", () => {
    const file = `
      journals:
        - { name: emea, url: "https://x.example/emea" }
        - { name: apac, url: "https://x.example/apac", clientId: client-2, clientSecret: other, orgId: XYZ@AdobeOrg }`;
    expect(loadConfig(JOURNAL, file).journals).toMatchObject([
      { name: "journal", url: JOURNAL.ADOBE_JOURNAL_URL, clientId: "client-1" },
      { name: "emea", url: "https://x.example/emea", clientId: "client-1", orgId: "ABC@AdobeOrg" },
      { name: "apac", clientId: "client-2", clientSecret: "other", orgId: "XYZ@AdobeOrg" },
    ]);
  });

  it("have names of their own", () => {
    const twice = `journals: [{ name: a, url: "https://x.example/1" }, { name: a, url: "https://x.example/2" }]`;
    expect(accused(JOURNAL, twice)).toEqual(["journals[1].name"]);
  });

  it("refuse keys that they do not know, and URLs that are none", () => {
    expect(accused(JOURNAL, `journals: [{ name: a, url: "https://x.example", uri: b }]`)).toEqual([
      "journals[0].uri",
    ]);
    expect(accused(JOURNAL, "journals: [{ name: a, url: not-a-url }]")).toEqual(["journals[0].url"]);
  });

  it("are a list", () => {
    expect(accused(JOURNAL, "journals: { name: a }")).toEqual(["journals"]);
  });
});

describe("instances", () => {
  it("have policies, codes and grace of their own; the others follow the settings", () => {
    const file = `
      instances:
        123-ABC-456: { retryPolicy: marketo-2026, grace: 2m, linkFailureCodes: [1004], transientCodes: "502,611" }
        789-DEF-012: {}`;
    const { lifecycle } = loadConfig({ GRACE: "9m" }, file);
    expect(lifecycle.get("123-ABC-456")).toMatchObject({
      policy: { name: "marketo-2026" },
      graceMs: 2 * MINUTE_MS,
    });
    expect([...(lifecycle.get("123-ABC-456")?.transientCodes ?? [])]).toEqual(["502", "611"]);
    expect(lifecycle.get("789-DEF-012")).toMatchObject({
      policy: { name: "marketo-2023" },
      graceMs: 9 * MINUTE_MS,
    });
    expect(lifecycle.get("")).toMatchObject({ policy: { name: "marketo-2023" }, graceMs: 9 * MINUTE_MS });
  });

  it("refuse policies, durations, codes and keys that are wrong", () => {
    const file = `
      instances:
        A: { retryPolicy: marketo-1999 }
        B: { grace: soon }
        C: { polcy: marketo-2023 }
        D: { linkFailureCodes: "1004,," }`;
    expect(accused({}, file)).toEqual([
      "instances.A.retryPolicy",
      "instances.B.grace",
      "instances.C.polcy",
      "instances.D.linkFailureCodes",
    ]);
  });

  it("are a map by Munchkin id", () => {
    expect(accused({}, "instances: [A]")).toEqual(["instances"]);
    expect(accused({}, "settings: [A]")).toEqual(["settings"]);
  });
});

describe("the webhook", () => {
  it("is off until asked for, then verifies against the documented origin and the own client id", () => {
    expect(loadConfig({}).webhook).toBeUndefined();
    expect(loadConfig({ ADOBE_WEBHOOK: "on", ADOBE_CLIENT_ID: "client-1" }).webhook).toEqual({
      publicKeyOrigin: "https://static.adobeioevents.com",
      clientId: "client-1",
    });
  });
});
