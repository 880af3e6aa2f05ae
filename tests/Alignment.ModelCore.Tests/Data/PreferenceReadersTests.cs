using Alignment.ModelCore.Data;

namespace Alignment.ModelCore.Tests.Data;

public sealed class PreferenceReadersTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("readers").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Labelled_PairsAndLabels_ChosenFirst()
    {
        var rows = LabelledReader.Read(File("""{"prompt": "a", "chosen": "good", "rejected": "bad"}""", """{"prompt": "b", "completion": "fine", "label": 1}"""));
        Assert.Equal([("good", true), ("fine", true), ("bad", false)], rows.Select(r => (r.Completion[0]!["content"]!.GetValue<string>(), r.Label)));
    }

    [Theory]
    [InlineData("""{"prompt": "a", "completion": "b"}""", "'label'")]
    [InlineData("""{"prompt": "a", "completion": "b", "label": "yes"}""", "not true or false")]
    [InlineData("""{"prompt": "a", "completion": " ", "label": true}""", "is empty")]
    public void Labelled_BadRow_NamesTheFault(string row, string expected) =>
        Assert.Contains(expected, Assert.Throws<DataException>(() => LabelledReader.Read(File(row))).Message, StringComparison.Ordinal);

    [Fact]
    public void Ranking_Scores_BecomeRanksThatFall()
    {
        var row = Assert.Single(RankingReader.Read(File("""{"prompt": "a", "responses": ["x", "y", "z"], "scores": [1, 3, 1]}""")));
        Assert.Equal([-1, -3, -1], row.Ranks);
    }

    [Theory]
    [InlineData("""{"prompt": "a", "responses": ["x"], "ranks": [1]}""", "at least two")]
    [InlineData("""{"prompt": "a", "responses": ["x", "y"], "ranks": [1]}""", "1 numbers for 2 responses")]
    [InlineData("""{"prompt": "a", "responses": ["x", "y"], "ranks": [1, 1]}""", "all equal")]
    [InlineData("""{"prompt": "a", "responses": ["x", "y"]}""", "'ranks'")]
    public void Ranking_BadRow_NamesTheFault(string row, string expected) =>
        Assert.Contains(expected, Assert.Throws<DataException>(() => RankingReader.Read(File(row))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"prompt": "a", "completions": ["x", "y"], "labels": [true]}""", "1 entries for 2 steps")]
    [InlineData("""{"prompt": "a", "completions": ["x"], "labels": ["yes"]}""", "true or false")]
    public void Stepwise_BadRow_NamesTheFault(string row, string expected) =>
        Assert.Contains(expected, Assert.Throws<DataException>(() => StepwiseReader.Read(File(row))).Message, StringComparison.Ordinal);

    [Fact]
    public void Preference_VotesAndTies_AreRead()
    {
        var rows = PreferenceReader.Read(File(
            """{"prompt": "a", "chosen": "x", "rejected": "y", "p_win": 0.75, "tie_share": 0.1, "language": "pt"}""", """{"prompt": "a", "chosen": "x", "rejected": "y", "tie": true}"""));
        Assert.Equal((0.75, 0.1, "pt"), (rows[0].VoteShare, rows[0].TieShare, rows[0].Language));
        Assert.Equal((0.5, 1.0), (rows[1].VoteShare, rows[1].TieShare));
    }

    [Fact]
    public void Preference_ShareBeyondOne_NamesTheFault() =>
        Assert.Contains("not a share", Assert.Throws<DataException>(() => PreferenceReader.Read(File("""{"prompt": "a", "chosen": "x", "rejected": "y", "p_win": 75}"""))).Message, StringComparison.Ordinal);

    private string File(params string[] lines)
    {
        var path = Path.Combine(folder, "rows.jsonl");
        System.IO.File.WriteAllLines(path, lines);
        return path;
    }
}
