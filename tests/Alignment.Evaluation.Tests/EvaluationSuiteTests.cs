using Alignment.Evaluation.Suites;
using Alignment.Jobs;

namespace Alignment.Evaluation.Tests;

public sealed class EvaluationSuiteTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("suite-").FullName;

    [Fact]
    public void Read_PlainAndConversationalPrompts_KeepTheirOrder()
    {
        Write("""
            {"id":"a","prompt":"How?","language":"en","facts":["Purchases"]}

            {"prompt":[{"role":"user","content":"Como?"}],"language":"pt"}
            """);
        var suite = EvaluationSuite.Read(folder);
        Assert.Equal(["How?", "Como?"], suite.Prompts.Select(p => p.Messages[^1]!["content"]!.GetValue<string>()));
        Assert.Equal(["Purchases"], suite.Prompts[0].Facts);
    }

    [Fact]
    public void Read_LineWithoutPrompt_NamesFileAndLine()
    {
        Write("{\"prompt\":\"fine\"}\n{\"question\":\"?\"}\n");
        var fault = Assert.Throws<JobFailedException>(() => EvaluationSuite.Read(folder));
        Assert.Contains("heldout.jsonl line 2", fault.Message);
    }

    [Fact]
    public void Read_FolderWithoutRubric_NamesTheFile()
    {
        Write("{\"prompt\":\"fine\"}\n");
        File.Delete(Path.Combine(folder, "rubric.json"));
        Assert.Contains("rubric.json", Assert.Throws<JobFailedException>(() => EvaluationSuite.Read(folder)).Message);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void Write(string prompts)
    {
        File.WriteAllText(Path.Combine(folder, "heldout.jsonl"), prompts);
        File.WriteAllText(Path.Combine(folder, "general.jsonl"), "{\"text\":\"x\"}\n");
        File.WriteAllText(Path.Combine(folder, "rubric.json"), "{}");
    }
}
