using System.Text.Json.Nodes;
using Alignment.ModelCore.Generation;
using Alignment.Suite.Commands.Chat;
using Alignment.Text.Templates;

namespace Alignment.Suite.Tests.Commands;

public sealed class ChatSessionTests
{
    private readonly Parrot model = new();
    private readonly StringWriter answers = new();
    private readonly StringWriter notes = new();

    [Fact]
    public void Run_PipedMessages_WritesAnswersOnly()
    {
        Run("hello\n\nhow are you?\n");
        Assert.Equal("echo hello\necho how are you?\n", Plain(answers));
        Assert.Equal([["user:hello"], ["user:hello", "assistant:echo hello", "user:how are you?"]], model.Asked);
    }

    [Fact]
    public void Run_LinesThatGoOn_AreOneMessage()
    {
        Run("one\\\ntwo\n\"\"\"\nthree\n\nfour\n\"\"\"\n//five\n");
        Assert.Equal(["user:one\ntwo", "user:three\n\nfour", "user:/five"], model.Asked.Select(a => a[^1]));
    }

    [Fact]
    public void Run_SystemAgainReset_ChangeTheConversation()
    {
        Run("/system Be brief.\na\n/again\n/reset\nb\n/system -\nc\n/exit\nnever\n");
        Assert.Equal(
            [["system:Be brief.", "user:a"], ["system:Be brief.", "user:a"], ["system:Be brief.", "user:b"], ["user:b", "assistant:echo b", "user:c"]],
            model.Asked);
    }

    [Fact]
    public void Run_InterruptedAnswer_StaysAndTheConversationGoesOn()
    {
        ChatSession? session = null;
        model.While = () => Assert.True(session!.Stop());
        Run("long\nnext\n", s => session = s);
        Assert.Contains("stopped", notes.ToString(), StringComparison.Ordinal);
        Assert.Equal(["user:long", "assistant:echo", "user:next"], model.Asked[1]);
        Assert.False(session!.Stop());
    }

    [Fact]
    public void Run_ConversationTooLong_ForgetsItsOldestTurns()
    {
        model.MaxPositions = 24;
        Run("1234567\nabcdefg\nhijklmn\n");
        Assert.Equal(["user:hijklmn"], model.Asked[^1]);
        Assert.Contains("are forgotten", notes.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_MessageTooLong_IsRefusedAndForgotten()
    {
        model.MaxPositions = 10;
        Run("this is far too long\nok\n");
        Assert.Equal([["user:ok"]], model.Asked);
        Assert.Contains("Shorten it.", notes.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TemplateRefuses_SaysHowToGoOn()
    {
        model.Refuses = "system";
        Run("/system x\na\n/system -\nb\n");
        Assert.Equal([["user:b"]], model.Asked);
        Assert.Contains("/system -", notes.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/set temperature 0\n", "temperature 0,")]
    [InlineData("/set top-p=0.5\n", "top_p 0.5,")]
    [InlineData("/set top_p 0\n", "top_p: '0' is no number from above 0 to 1.")]
    [InlineData("/set speed 3\n", "There is no setting 'speed'.")]
    [InlineData("/dance\n", "There is no command /dance")]
    [InlineData("/again\n", "Nothing has been asked yet.")]
    public void Run_Command_AnswersClearly(string line, string expected)
    {
        Run(line);
        Assert.Contains(expected, notes.ToString(), StringComparison.Ordinal);
        Assert.Empty(answers.ToString());
    }

    [Fact]
    public void Run_Save_AddsALineThatTrainingReads()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("chat").FullName, "talk.jsonl");
        Run($"olá\n/save {file}\n/reset\nb\n/save {file}\n");
        var lines = File.ReadAllLines(file);
        Assert.Equal("""{"messages":[{"role":"user","content":"olá"},{"role":"assistant","content":"echo olá"}]}""", lines[0]);
        Assert.Equal(2, lines.Length);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public void Say_EscapeSequences_DoNotReachATerminal()
    {
        new ChatConsole(TextReader.Null, answers, notes, prompts: true, colours: true).Say("a\u001b[2Jb\u0007\n\tc");
        Assert.Equal("a[2Jb\n\tc", answers.ToString());
    }

    [Fact]
    public void Answer_HelpdeskBase_StreamsWholeCharactersAndReusesThePrefix()
    {
        using var responder = ChatResponder.Load(Path.Combine(Root(), "samples", "helpdesk", "base"));
        using var folder = new FolderChatModel(responder);
        var messages = new JsonArray { new JsonObject { ["role"] = "user", ["content"] = "Preciso compartilhar meu plano." } };
        var pieces = new List<string>();
        var first = folder.Answer(folder.Encode(messages), new() { MaxNewTokens = 40 }, pieces.Add, TestContext.Current.CancellationToken);
        Assert.Equal(first.Text, string.Concat(pieces));
        Assert.DoesNotContain(pieces, p => p.Contains('\uFFFD', StringComparison.Ordinal) || p.Length == 0);
        messages.Add((JsonNode)new JsonObject { ["role"] = "assistant", ["content"] = first.Text });
        messages.Add((JsonNode)new JsonObject { ["role"] = "user", ["content"] = "E agora?" });
        var prompt = folder.Encode(messages);
        var second = folder.Answer(prompt, new() { MaxNewTokens = 40 }, _ => { }, TestContext.Current.CancellationToken);
        Assert.True(second.Reused > 20, $"reused {second.Reused}");
        using var fresh = new FolderChatModel(responder);
        Assert.Equal(fresh.Answer(prompt, new() { MaxNewTokens = 40 }, _ => { }, TestContext.Current.CancellationToken).Text, second.Text);
    }

    private static string Plain(StringWriter w) => w.ToString().ReplaceLineEndings("\n");

    private static string Root([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));

    private void Run(string input, Action<ChatSession>? made = null)
    {
        var session = new ChatSession(model, new(new StringReader(input), answers, notes, prompts: false, colours: false), new(), TimeProvider.System, () => 7);
        made?.Invoke(session);
        session.Run();
    }

    /// <summary>Says what it hears; a token is a character.</summary>
    private sealed class Parrot : IChatModel
    {
        public List<string[]> Asked { get; } = [];

        public int MaxPositions { get; set; } = 10_000;

        public string? Refuses { get; set; }

        public Action? While { get; set; }

        private string[] Last { get; set; } = [];

        public int[] Encode(JsonArray messages)
        {
            if (messages.Any(m => m!["role"]!.GetValue<string>() == Refuses))
            {
                throw new TemplateException("raised", "TemplateError", "no such role", 1, 1);
            }

            Last = [.. messages.Select(m => $"{m!["role"]}:{m["content"]}")];
            return [.. messages.SelectMany(m => m!["content"]!.GetValue<string>()).Select(c => (int)c)];
        }

        public ChatReply Answer(int[] prompt, GenerationOptions options, Action<string> show, CancellationToken ct)
        {
            Asked.Add(Last);
            show("echo");
            While?.Invoke();
            While = null;
            if (ct.IsCancellationRequested)
            {
                return new("echo", 1, 0, null);
            }

            show(" " + Last[^1].Split(':', 2)[1]);
            return new("echo " + Last[^1].Split(':', 2)[1], 2, 0, StopReason.EndToken);
        }
    }
}
