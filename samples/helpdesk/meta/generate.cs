#:project ../../../shared/Alignment.Statistics/Alignment.Statistics.csproj
#:property RestorePackagesWithLockFile=false
#:property PublishAot=false

// Makes tasks.jsonl, always the same bytes:  dotnet run samples/helpdesk/meta/generate.cs
// A house sends its tickets to desks that it names by letters of its own: what letter a thing goes to can be known from the house's own
// examples alone, never from the words of the ticket. A task is a house; a row is a ticket and its desk.
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Alignment.Statistics;

// So many that they cannot be learned by heart.
const int Houses = 600, Things = 2;
const string Letters = "ABCDEFGH";

var folder = Path.GetDirectoryName(Here())!;
var phrases = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "..", "phrases.json")))!["en"]!;
var verbs = phrases["actions"]!.AsObject().Select(a => (string)a.Value!["verb"]!).ToList();
var things = phrases["objects"]!.AsObject().Select(o => (string)o.Value!["mine"]!).ToList();
var random = new SplitMix64(20261123);
var lines = new StringBuilder();
for (var house = 0; house < Houses; house++)
{
    var here = Some(things);
    var desks = Some([.. Letters]);
    var rows = verbs.SelectMany(v => here.Zip(desks, (thing, desk) => (Ticket: $"{v} {thing}", Desk: desk))).ToList();
    random.Shuffle(rows);
    foreach (var (ticket, desk) in rows)
    {
        lines.Append(new JsonObject { ["task"] = $"{house:000}", ["prompt"] = ticket, ["response"] = desk.ToString() }.ToJsonString()).Append('\n');
    }
}

File.WriteAllText(Path.Combine(folder, "tasks.jsonl"), lines.ToString(), new UTF8Encoding(false));

List<T> Some<T>(IReadOnlyList<T> from)
{
    var all = from.ToList();
    random.Shuffle(all);
    return all[..Things];
}

static string Here([CallerFilePath] string path = "") => path;
