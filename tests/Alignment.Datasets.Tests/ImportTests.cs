using System.Text;
using Alignment.Datasets.Import;

namespace Alignment.Datasets.Tests;

public sealed class ImportTests
{
    private const string Good = """{"prompt":"p","chosen":"a","rejected":"b"}""";

    [Theory]
    [InlineData("""{"prompt":"p","chosen":"a"}""", "rejected", "missing-field")]
    [InlineData("""{"prompt":"p","chosen":"a","rejected":"a"}""", "rejected", "identical-answers")]
    [InlineData("""{"prompt":"p","chosen":"  ","rejected":"b"}""", "chosen", "empty-text")]
    [InlineData("""{"prompt":"p","chosen":3,"rejected":"b"}""", "chosen", "not-text")]
    [InlineData("""{"prompt":"p","chosen":"a","chosen":"c","rejected":"b"}""", null, "duplicate-key")]
    [InlineData("""{"prompt":"p","chosen":"\ud800","rejected":"b"}""", null, "lone-surrogate")]
    [InlineData("""{"prompt":"p","chosen":"a" """, null, "malformed-json")]
    [InlineData("""["p"]""", null, "not-an-object")]
    [InlineData("""{"prompt":[{"role":"user","content":"p"},{"role":"assistant","content":"x"}],"chosen":"a","rejected":"b"}""", "prompt", "wrong-last-role")]
    [InlineData("""{"prompt":[{"role":"robot","content":"p"}],"chosen":"a","rejected":"b"}""", "prompt[0].role", "unknown-role")]
    public async Task Preference_BadLine_IsReportedWithLineFieldAndCode(string line, string? field, string code)
    {
        var result = await ReadAsync(Good + "\n\n" + line + "\n");
        var problem = Assert.Single(result.Problems.List);
        Assert.Equal(("data.jsonl", 3, field, code), (problem.File, problem.Line, problem.Field, problem.Code));
        Assert.NotEmpty(problem.Remedy);
    }

    [Fact]
    public async Task Preference_ManyFaults_AreAllReported()
    {
        var result = await ReadAsync("""
            {"prompt":"","rejected":5}
            x
            """);
        Assert.Equal([(1, "prompt"), (1, "chosen"), (1, "rejected"), (2, null)], result.Problems.List.Select(p => (p.Line, p.Field)));
    }

    [Fact]
    public async Task Preference_BomAndCrlf_AreFine()
    {
        var result = await ReadAsync("\ufeff" + Good + "\r\n" + Good.Replace("\"p\"", "\"q\"", StringComparison.Ordinal) + "\r\n");
        Assert.Equal((2, 0), (result.Rows.Count, result.Problems.Count));
    }

    [Fact]
    public async Task Preference_Latin1_IsRefusedWithRemedy()
    {
        var result = await DatasetImport.ReadAsync(new MemoryStream(Encoding.Latin1.GetBytes("""{"prompt":"olá","chosen":"a","rejected":"b"}""")), "data.jsonl", RowRules.Preference, default);
        var problem = Assert.Single(result.Problems.List);
        Assert.Equal("not-utf8", problem.Code);
        Assert.Contains("iconv", problem.Remedy);
    }

    [Fact]
    public async Task Preference_DeepNesting_IsRefused()
    {
        var result = await ReadAsync("{\"prompt\":" + new string('[', 40) + new string(']', 40) + ",\"chosen\":\"a\",\"rejected\":\"b\"}");
        Assert.Equal("too-deep", Assert.Single(result.Problems.List).Code);
    }

    [Fact]
    public async Task Preference_LineOverOneMebibyte_IsReportedAndTheRestRead()
    {
        var result = await ReadAsync("{\"prompt\":\"" + new string('x', (1 << 20) + 1) + "\"}\n" + Good);
        Assert.Equal(("line-too-long", 1), (Assert.Single(result.Problems.List).Code, result.Problems.List[0].Line));
        Assert.Single(result.Rows);
    }

    [Fact]
    public async Task Preference_EqualRows_CountAsDuplicates()
    {
        var result = await ReadAsync(Good + "\n" + Good + "\n");
        Assert.Equal((1, 1), (result.Rows.Count, result.Duplicates));
    }

    [Fact]
    public async Task Any_EmptyFile_IsRefused() => Assert.Equal("no-rows", Assert.Single((await ReadAsync("\n \n")).Problems.List).Code);

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"oi"},{"role":"assistant","content":"olá"}]}""")]
    [InlineData("""{"prompt":"oi","response":"olá"}""")]
    [InlineData("""{"prompt":"oi","completion":"olá"}""")]
    public async Task Sft_EachForm_IsReadIntoTheSameGroup(string line)
    {
        var result = await DatasetImport.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(line)), "data.jsonl", RowRules.Sft, default);
        Assert.Empty(result.Problems.List);
        Assert.Equal(PreferenceStore.Prompts.PromptContent.GroupOf("\"oi\""), Assert.Single(result.Rows).Group);
        Assert.Contains("olá", result.Rows[0].Json);
    }

    [Fact]
    public async Task Sft_NoAssistant_IsRefused()
    {
        var result = await DatasetImport.ReadAsync(new MemoryStream("""{"messages":[{"role":"user","content":"oi"}]}"""u8.ToArray()), "data.jsonl", RowRules.Sft, default);
        Assert.Equal("no-answer", Assert.Single(result.Problems.List).Code);
    }

    private static Task<ImportResult> ReadAsync(string text) => DatasetImport.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), "data.jsonl", RowRules.Preference, default);
}
