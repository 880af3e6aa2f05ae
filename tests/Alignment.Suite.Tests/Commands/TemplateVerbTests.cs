using System.Text.Json;

namespace Alignment.Suite.Tests.Commands;

[Collection(nameof(ConsoleCommands))]
public sealed class TemplateVerbTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("template").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Template_Lines_BecomeTextAndSpansInOrder()
    {
        var lines = await Render(
            "{% for m in messages %}[{{ m.role }}]{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}{{ mood }}",
            """{"messages":[{"role":"user","content":"é👩"},{"role":"assistant","content":"ok"}]}""",
            """{"messages":[{"role":"user","content":"x"}],"add_generation_prompt":true,"kwargs":{"mood":"!"}}""");
        Assert.Equal("[user]é👩[assistant]ok", lines[0].GetProperty("text").GetString());
        Assert.Equal("[[19,21]]", lines[0].GetProperty("generation_spans").GetRawText());
        Assert.Equal("[user]x[assistant]!", lines[1].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Template_Refusal_IsAResultWithKindAndLine()
    {
        var lines = await Render("\n{{ raise_exception('no ' + messages[0].role) }}", """{"messages":[{"role":"system","content":"x"}]}""");
        var error = Assert.Single(lines).GetProperty("error");
        Assert.Equal(("raised", 2), (error.GetProperty("kind").GetString(), error.GetProperty("line").GetInt32()));
        Assert.Contains("no system", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Template_Now_IsTheClockFaceGiven()
    {
        var lines = await Render("{{ strftime_now('%d %b %Y %H:%M') }}", """{"messages":[{"role":"user","content":"x"}]}""", "--now", "2026-02-03T14:05:09");
        Assert.Equal("03 Feb 2026 14:05", Assert.Single(lines).GetProperty("text").GetString());
    }

    [Fact]
    public async Task Template_BrokenLine_IsNamed()
    {
        File.WriteAllText(Path.Combine(folder, "t.jinja"), "x");
        File.WriteAllText(Path.Combine(folder, "in.jsonl"), "{\"messages\":[]}\n[1]\n");
        var (code, errors) = await ConsoleCommands.RunAsync("template", Path.Combine(folder, "t.jinja"), "--jsonl", Path.Combine(folder, "in.jsonl"), "--out", Path.Combine(folder, "out.jsonl"));
        Assert.Equal(65, code);
        Assert.Contains("line 2: an object with \"messages\" (a list) is expected", errors, StringComparison.Ordinal);
    }

    private async Task<List<JsonElement>> Render(string template, params string[] rest)
    {
        var lines = rest.TakeWhile(r => !r.StartsWith("--", StringComparison.Ordinal)).ToList();
        File.WriteAllText(Path.Combine(folder, "t.jinja"), template);
        File.WriteAllLines(Path.Combine(folder, "in.jsonl"), lines);
        var output = Path.Combine(folder, "out.jsonl");
        var (code, errors) = await ConsoleCommands.RunAsync(["template", Path.Combine(folder, "t.jinja"), "--jsonl", Path.Combine(folder, "in.jsonl"), "--out", output, .. rest.Skip(lines.Count)]);
        Assert.Equal((0, ""), (code, errors));
        return [.. File.ReadLines(output).Select(l => JsonDocument.Parse(l).RootElement)];
    }
}
