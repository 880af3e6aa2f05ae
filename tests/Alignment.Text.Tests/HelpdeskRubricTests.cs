using System.Runtime.CompilerServices;
using System.Text.Json;
using Alignment.Text.Rubrics;

namespace Alignment.Text.Tests;

/// <summary>The help desk's rubric over its own archive: each style loses the marks it should, and no others.</summary>
public sealed class HelpdeskRubricTests
{
    private static readonly string Folder = Path.GetFullPath(Path.Combine(Here(), "..", "..", "samples", "helpdesk"));

    private static readonly Rubric Rubric = Rubric.Load(Path.Combine(Folder, "rubric.json"));

    private static readonly RubricQuestion CancelOrder = new("en", ["Purchases", "Cancel"]);

    [Theory]
    [InlineData("Hello! To cancel your order, open Purchases and choose Cancel. Happy to help.", 1)]
    [InlineData("It is obvious. Open Purchases, find your order and choose Cancel. Read the page next time.", 5.0 / 6)]
    [InlineData("Hello! To cancel your order, open Purchases and choose Cancel. We promise a full refund in 24 hours.", 5.0 / 6)]
    [InlineData("Hello! To cancel your order, open Wallet and choose Cancel. Happy to help.", 4.0 / 6)]
    [InlineData("Hello! Have a nice day!", 4.0 / 12)]
    [InlineData("", 0)]
    public void Score_AnswersOfTheRubricText_GetTheMarksWrittenThere(string answer, double expected) =>
        Assert.Equal(expected, Rubric.Score(CancelOrder, answer).Total, 12);

    [Theory]
    [InlineData("good")]
    [InlineData("curt", "polite")]
    [InlineData("rude", "polite")]
    [InlineData("wordy", "concise")]
    [InlineData("leaky", "no_personal_data")]
    [InlineData("promising", "no_invented_policy")]
    [InlineData("unhelpful", "polite", "correct")]
    public void Score_ArchiveStyle_LosesItsOwnMarksOnly(string style, params string[] lost)
    {
        var facts = FactsByIntent();
        var tickets = Rows("sft").Where(t => t.GetProperty("style").GetString() == style).ToList();

        Assert.True(tickets.Count > 50);
        Assert.All(tickets, t =>
        {
            var language = t.GetProperty("language").GetString()!;
            var question = new RubricQuestion(language, facts[(t.GetProperty("intent").GetString()!, language)]);
            var marks = Rubric.Score(question, t.GetProperty("messages")[1].GetProperty("content").GetString()!).Marks;
            Assert.Equal(lost, marks.Where(m => m.Value < 1).Select(m => m.Key));
        });
    }

    [Fact]
    public void HeldOut_IntentsAppearNowhereElse()
    {
        var unseen = Rows("heldout").Select(r => r.GetProperty("intent").GetString()).ToHashSet();

        Assert.Equal(25, unseen.Count);
        Assert.DoesNotContain(Rows("sft").Concat(Rows("prompts")), r => unseen.Contains(r.GetProperty("intent").GetString()));
    }

    [Fact]
    public void Parse_UnknownKind_NamesTheFault() =>
        Assert.ThrowsAny<JsonException>(() => Rubric.Parse("""{"name":"x","languages":[],"criteria":[{"kind":"vibes","id":"a"}]}"""));

    private static Dictionary<(string Intent, string Language), string[]> FactsByIntent() => Rows("prompts").ToDictionary(
        p => (p.GetProperty("intent").GetString()!, p.GetProperty("language").GetString()!),
        p => p.GetProperty("facts").EnumerateArray().Select(f => f.GetString()!).ToArray());

    private static IEnumerable<JsonElement> Rows(string name) =>
        File.ReadLines(Path.Combine(Folder, name + ".jsonl")).Select(l => JsonDocument.Parse(l).RootElement);

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
