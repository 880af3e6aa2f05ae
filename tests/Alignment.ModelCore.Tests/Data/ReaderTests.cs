using System.Text;
using Alignment.ModelCore.Data;

namespace Alignment.ModelCore.Tests.Data;

public sealed class ReaderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("reader").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Sft_PromptAndMessages_AreRead()
    {
        var rows = SftReader.Read(File("""
            {"prompt": "Olá", "response": "Bom dia!"}

            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], "weight": 0.5}
            {"prompt": "a", "completion": "b"}
            """));
        Assert.Equal(3, rows.Count);
        Assert.True(rows[0].Plain);
        Assert.Equal("Bom dia!", rows[0].Messages[1]!["content"]!.GetValue<string>());
        Assert.Equal(0.5, rows[1].Weight);
    }

    [Fact]
    public void Sft_BadLines_AreAllReportedWithPlaceAndRemedy()
    {
        var path = File("""
            {"prompt": "a", "response": "b"}
            {"prompt": "a", "response": "b"
            {"prompt": 3, "response": ""}
            ["a"]
            {"response": "b"}
            {"messages": [{"role": "user", "content": "a"}]}
            {"messages": [{"role": "bot", "content": "a"}]}
            """);
        var e = Assert.Throws<DataException>(() => SftReader.Read(path));
        Assert.Equal([(2, null), (3, "prompt"), (3, "response"), (4, null), (5, "prompt"), (6, "messages"), (7, "messages[0]")], e.Problems.Select(p => (p.Line, p.Field)));
        Assert.All(e.Problems, p => Assert.NotEmpty(p.Remedy));
        Assert.Contains($"{path}:3: field 'prompt': is a number, not text. Put the text in double quotes.", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt": "p", "response": "a", "tools": "x"}""", "field 'tools': is text, not a list.")]
    [InlineData("""{"prompt": "p", "response": "a", "response": "b"}""", "Remove one of the two fields 'response'.")]
    public void Sft_BadRow_SaysWhatToMend(string line, string expected) =>
        Assert.Contains(expected, Assert.Throws<DataException>(() => SftReader.Read(File(line))).Message, StringComparison.Ordinal);

    [Fact]
    public void Sft_NotUtf8_NamesLineAndByte()
    {
        var path = Path.Combine(folder, "latin1.jsonl");
        System.IO.File.WriteAllBytes(path, [.. "{\"prompt\": \"a\", \"response\": \"b\"}\n"u8, .. Encoding.Latin1.GetBytes("{\"prompt\": \"não\", \"response\": \"b\"}")]);
        var e = Assert.Throws<DataException>(() => SftReader.Read(path));
        Assert.Equal(2, Assert.Single(e.Problems).Line);
        Assert.Contains("not UTF-8", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt": "p", "chosen": "a", "rejected": "a"}""", "rejected", "identical")]
    [InlineData("""{"prompt": "p", "chosen": " ", "rejected": "a"}""", "chosen", "empty")]
    [InlineData("""{"prompt": "p", "rejected": "a"}""", "chosen", "missing")]
    [InlineData("""{"prompt": "p", "chosen": "a", "rejected": "b", "margin": "big"}""", "margin", "not a number")]
    [InlineData("""{"messages": [{"role": "assistant", "content": "x"}], "chosen": "a", "rejected": "b"}""", "messages", "ends with")]
    public void Preference_BadRow_IsRefused(string line, string field, string what)
    {
        var problem = Assert.Single(Assert.Throws<DataException>(() => PreferenceReader.Read(File(line))).Problems);
        Assert.Equal((1, field), (problem.Line, problem.Field));
        Assert.Contains(what, problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Preference_Rows_AreRead()
    {
        var rows = PreferenceReader.Read(File("""
            {"prompt": "p", "chosen": "a", "rejected": "b", "margin": 1.5}
            {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}], "chosen": "a", "rejected": [{"role": "assistant", "content": "b"}]}
            """));
        Assert.Equal(1.5, rows[0].Margin);
        Assert.True(double.IsNaN(rows[1].Margin));
        Assert.Equal(2, rows[1].Prompt.Count);
    }

    [Fact]
    public void Reader_EmptyOrMissingFile_IsRefused()
    {
        Assert.Contains("no rows", Assert.Throws<DataException>(() => SftReader.Read(File("\n\n"))).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<DataException>(() => SftReader.Read(Path.Combine(folder, "none.jsonl"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Documents_TextFile_SplitsAtBlankLines()
    {
        var path = Path.Combine(folder, "a.txt");
        System.IO.File.WriteAllText(path, "one\ntwo\n\n\n\nthree\r\n\r\nfour");
        Assert.Equal(["one\ntwo", "three", "four"], DocumentReader.Read(path).Select(d => d.Text));
    }

    private string File(string text)
    {
        var path = Path.Combine(folder, "rows.jsonl");
        System.IO.File.WriteAllText(path, text);
        return path;
    }
}
