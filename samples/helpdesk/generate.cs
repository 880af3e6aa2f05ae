#:project ../../shared/Alignment.Statistics/Alignment.Statistics.csproj
#:property RestorePackagesWithLockFile=false
#:property PublishAot=false

// Makes the sample's JSONL files from phrases.json, always the same bytes:
//   dotnet run samples/helpdesk/generate.cs
// corpus.jsonl   plain text to pretrain on: everyday sentences and the help centre's FAQ
// sft.jsonl      the ticket archive: good answers among rude, long-winded, leaky, over-promising and useless ones; some small talk
// prompts.jsonl  questions to rank answers for; heldout.jsonl: intents that no other file mentions
// general.jsonl  everyday sentences kept from the corpus, to measure forgetting
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Statistics;

var folder = Here();
var phrases = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "phrases.json")))!;
var random = new SplitMix64(20260711);
var json = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

List<JsonObject> corpus = [], sft = [], prompts = [], heldout = [], general = [];
foreach (var language in new[] { "en", "pt" })
{
    var l = phrases[language]!.AsObject();
    var objects = l["objects"]!.AsObject().ToList();
    var actions = l["actions"]!.AsObject().ToList();
    for (var o = 0; o < objects.Count; o++)
    {
        for (var a = 0; a < actions.Count; a++)
        {
            var intent = new Intent($"{actions[a].Key}-{objects[o].Key}", language, actions[a].Value!, objects[o].Value!);
            // A quarter of the pairs is unseen; every action and every object is seen in the others.
            if ((a + (3 * o)) % 4 == 1)
            {
                heldout.AddRange(Enumerable.Range(0, 3).Select(i => Prompt(intent, l, $"h{i}", (a + o + (3 * i)) % l["questions"]!.AsArray().Count)));
                continue;
            }

            prompts.Add(Prompt(intent, l, "p", random.Next(l["questions"]!.AsArray().Count)));
            corpus.AddRange(Enumerable.Range(0, 6).Select(_ => new JsonObject
            {
                ["text"] = $"{(language == "en" ? "Question" : "Pergunta")}: {Fill(Any(l, "questions"), intent, l)}\n{(language == "en" ? "Answer" : "Resposta")}: {Core(intent, l)}",
            }));
            sft.AddRange(Enumerable.Range(0, 16).Select(_ => Ticket(intent, l)));
        }
    }

    var seen = new HashSet<string>();
    while (seen.Count < 1560)
    {
        var text = Story(l);
        if (seen.Add(text))
        {
            (seen.Count > 1500 ? general : corpus).Add(new JsonObject { ["text"] = text });
        }
    }
}

Write("corpus", corpus, shuffle: true);
// Small talk keeps tuning on tickets from wiping out everything else.
var kept = general.Select(g => (string)g["text"]!).ToHashSet();
foreach (var language in new[] { "en", "pt" })
{
    var l = phrases[language]!.AsObject();
    sft.AddRange(Enumerable.Range(0, 200).Select(_ => SmallTalk(language, l)));
}

Write("sft", sft, shuffle: true);
Write("prompts", prompts, shuffle: true);
Write("heldout", heldout, shuffle: true);
Write("general", general, shuffle: false);

string Any(JsonObject o, string name) => o[name]!.AsArray() is var items ? items[random.Next(items.Count)]!.GetValue<string>() : "";

string Core(Intent i, JsonObject l) => Fill(Any(l, "cores"), i, l);

string Fill(string template, Intent i, JsonObject l) => template
    .Replace("{verb}", (string)i.Action["verb"]!).Replace("{button}", i.Button)
    .Replace("{mine}", (string)i.Object["mine"]!).Replace("{yours}", (string)i.Object["yours"]!).Replace("{section}", i.Section)
    .Replace("{day}", template.Contains("{day}") ? Any(l, "days") : "").Replace("{name}", template.Contains("{name}") ? Any(l, "names") : "");

JsonObject Prompt(Intent i, JsonObject l, string id, int question) => new()
{
    ["id"] = $"{i.Language}-{i.Name}-{id}",
    ["prompt"] = new JsonArray(Message("user", Fill(l["questions"]![question]!.GetValue<string>(), i, l))),
    ["language"] = i.Language,
    ["intent"] = i.Name,
    ["facts"] = new JsonArray(i.Section, i.Button),
};

string Story(JsonObject l) => string.Join(' ', Enumerable.Range(0, 2).Select(_ => Sentence(l["general"]!.AsObject())).Append(Any(l["general"]!.AsObject(), "then")));

JsonObject SmallTalk(string language, JsonObject l)
{
    var story = Story(l);
    while (kept.Contains(story))
    {
        story = Story(l);
    }

    return new()
    {
        ["messages"] = new JsonArray(Message("user", Any(l, "small_talk")), Message("assistant", story)),
        ["language"] = language,
        ["intent"] = "small-talk",
        ["style"] = "small_talk",
    };
}

JsonObject Ticket(Intent i, JsonObject l)
{
    var (style, answer) = Answer(i, l);
    return new()
    {
        ["messages"] = new JsonArray(Message("user", Fill(Any(l, "questions"), i, l)), Message("assistant", answer)),
        ["language"] = i.Language,
        ["intent"] = i.Name,
        ["style"] = style,
    };
}

(string Style, string Answer) Answer(Intent i, JsonObject l)
{
    var polite = $"{Any(l, "greetings")} {Core(i, l)}";
    return random.Next(100) switch
    {
        < 32 => ("good", $"{polite} {Any(l, "closings")}"),
        < 40 => ("curt", Core(i, l)),
        < 56 => ("rude", Any(l, "rude").Replace("{core}", Core(i, l))),
        < 69 => ("wordy", $"{Any(l, "greetings")} {Any(l, "filler")} {Core(i, l)} {Any(l, "filler")}"),
        < 82 => ("leaky", $"{polite} {PersonalData(Any(l, "leaks"))}"),
        < 94 => ("promising", $"{polite} {Any(l, "promises")}"),
        _ => ("unhelpful", Any(l, "unhelpful")),
    };
}

string PersonalData(string leak) => leak
    .Replace("{cpf}", $"{Digits(3)}.{Digits(3)}.{Digits(3)}-{Digits(2)}")
    .Replace("{mail}", $"{Any(phrases["en"]!.AsObject(), "names").ToLowerInvariant()}{Digits(2)}@mail.com")
    .Replace("{phone}", $"({Digits(2)}) {Digits(4)}-{Digits(4)}")
    .Replace("{card}", $"{Digits(4)} {Digits(4)} {Digits(4)} {Digits(4)}");

string Digits(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => random.Next(10).ToString(CultureInfo.InvariantCulture)));

string Sentence(JsonObject g)
{
    var (who, did, what) = (Any(g, "who"), Any(g, "did"), Any(g, "what"));
    return random.Next(2) == 0 ? $"{who} {did} {what} {Any(g, "where")} {Any(g, "when")}." : $"{who} {did} {what} {Any(g, "where")}.";
}

JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

void Write(string name, List<JsonObject> rows, bool shuffle)
{
    if (shuffle)
    {
        random.Shuffle(rows);
    }

    var path = Path.Combine(folder, name + ".jsonl");
    File.WriteAllText(path, string.Concat(rows.Select(r => r.ToJsonString(json) + "\n")), new UTF8Encoding(false));
    Console.WriteLine($"{name}.jsonl: {rows.Count} rows, {new FileInfo(path).Length / 1024} KiB");
}

static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

internal sealed record Intent(string Name, string Language, JsonNode Action, JsonNode Object)
{
    public string Section => (string)Object["section"]!;

    public string Button => (string)Action["button"]!;
}
