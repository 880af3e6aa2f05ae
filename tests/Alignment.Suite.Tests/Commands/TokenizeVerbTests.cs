using System.Text.Json;

namespace Alignment.Suite.Tests.Commands;

/// <summary>Whole files through <c>align tokenize</c>, against what the tokenizers library gives for the same texts.</summary>
[Collection(nameof(ConsoleCommands))]
public sealed class TokenizeVerbTests : IDisposable
{
    private static readonly string Golden = Path.Combine(Root(), "tests", "golden", "F04-tokenizer");
    private readonly string folder = Directory.CreateTempSubdirectory("tokenize").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("llama2")]
    [InlineData("gpt2-added")]
    [InlineData("unigram-bytes")]
    [InlineData("wordpiece")]
    public async Task Tokenize_WholeFile_IdsTokensOffsetsAndTextOfTheLibrary(string name)
    {
        string[] strings = [.. Json(Path.Combine(Golden, "strings.json")).GetProperty("strings").EnumerateArray().Select(s => s.GetString()!)];
        var expected = Json(Path.Combine(Golden, name + ".json"));
        var encode = expected.GetProperty("encode").EnumerateArray().ToList();
        var texts = encode.Where(e => e.TryGetProperty("s", out _)).ToList();
        File.WriteAllLines(In, texts.Select(e => JsonSerializer.Serialize(new { text = strings[e.GetProperty("s").GetInt32()] })));
        var (code, errors) = await ConsoleCommands.RunAsync("tokenize", Path.Combine(Golden, name), "--jsonl", In, "--out", Out, "--special");
        Assert.Equal((0, ""), (code, errors));
        var lines = File.ReadAllLines(Out).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(texts.Count, lines.Count);
        var decoded = expected.GetProperty("decode").EnumerateArray().ToDictionary(d => d.GetProperty("s").GetInt32(), d => d.GetProperty("keep_special").GetString());
        foreach (var (want, got) in texts.Zip(lines))
        {
            Assert.Equal(want.GetProperty("ids").GetRawText(), got.GetProperty("ids").GetRawText());
            Assert.Equal(Numbers(want.GetProperty("offsets")), Numbers(got.GetProperty("offsets")));
            if (decoded.TryGetValue(want.GetProperty("s").GetInt32(), out var text))
            {
                Assert.Equal(text, got.GetProperty("text").GetString());
            }
        }

        // And the ids back into texts, without special tokens.
        File.WriteAllLines(In, lines.Select(l => $$"""{"ids":{{l.GetProperty("ids").GetRawText()}}}"""));
        (code, errors) = await ConsoleCommands.RunAsync("tokenize", Path.Combine(Golden, name, "tokenizer.json"), "--jsonl", In, "--out", Out, "--skip-special");
        Assert.Equal((0, ""), (code, errors));
        var skipped = expected.GetProperty("decode").EnumerateArray().ToDictionary(d => d.GetProperty("s").GetInt32(), d => d.GetProperty("skip_special").GetString());
        foreach (var (want, got) in texts.Zip(File.ReadLines(Out).Select(l => JsonDocument.Parse(l).RootElement)))
        {
            if (skipped.TryGetValue(want.GetProperty("s").GetInt32(), out var text))
            {
                Assert.Equal(text, got.GetProperty("text").GetString());
            }
        }
    }

    [Fact]
    public async Task Tokenize_WithoutSpecial_AddsNone()
    {
        File.WriteAllText(In, """{"text":"a 👩 b"}""" + "\n\n");
        await ConsoleCommands.RunAsync("tokenize", Path.Combine(Golden, "llama2"), "--jsonl", In, "--out", Out);
        var line = JsonDocument.Parse(Assert.Single(File.ReadAllLines(Out))).RootElement;
        Assert.NotEqual(1, line.GetProperty("ids")[0].GetInt32());
        // Offsets count code points: the text has five, and six UTF-16 units.
        Assert.Equal(5, Numbers(line.GetProperty("offsets"))[^1]);
    }

    [Theory]
    [InlineData("{\"text\":\"a\"}\nnonsense\n", "line 2")]
    [InlineData("{\"text\":\"a\"}\n\n{\"words\":1}\n", "line 3: an object with \"text\" (a string) or \"ids\" (a list of numbers) is expected")]
    [InlineData("{\"ids\":[1,999999]}\n", "line 1: id 999999 is not in the vocabulary")]
    [InlineData("{\"ids\":[1.5]}\n", "line 1")]
    [InlineData("{\"text\":\"\\ud800\"}\n", "line 1")]
    public async Task Tokenize_WrongLine_IsNamed(string text, string expected)
    {
        File.WriteAllText(In, text);
        var (code, errors) = await ConsoleCommands.RunAsync("tokenize", Path.Combine(Golden, "gpt2"), "--jsonl", In, "--out", Out);
        Assert.Equal(65, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokenize_OutIsTheInput_LeavesItAlone()
    {
        File.WriteAllText(In, """{"text":"a"}""");
        var (code, errors) = await ConsoleCommands.RunAsync("tokenize", Path.Combine(Golden, "gpt2"), "--jsonl", In, "--out", In);
        Assert.Equal(64, code);
        Assert.Contains("would overwrite the input", errors, StringComparison.Ordinal);
        Assert.Equal("""{"text":"a"}""", File.ReadAllText(In));
    }

    [Fact]
    public async Task Tokenize_NoSuchFile_LeavesNoOutput()
    {
        var (code, errors) = await ConsoleCommands.RunAsync("tokenize", Path.Combine(Golden, "gpt2"), "--jsonl", Path.Combine(folder, "none.jsonl"), "--out", Out);
        Assert.Equal(65, code);
        Assert.Contains("none.jsonl", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Out));
    }

    private string In => Path.Combine(folder, "in.jsonl");

    private string Out => Path.Combine(folder, "out.jsonl");

    private static JsonElement Json(string file) => JsonDocument.Parse(File.ReadAllBytes(file)).RootElement;

    private static int[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(n => n.GetInt32())];

    private static string Root([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
