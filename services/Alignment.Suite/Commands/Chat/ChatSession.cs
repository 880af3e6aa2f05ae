using System.Text.Json.Nodes;
using Alignment.Text.Templates;

namespace Alignment.Suite.Commands.Chat;

/// <summary>A conversation on a terminal or a pipe: messages in, answers out, commands that begin with a slash.</summary>
internal sealed class ChatSession(IChatModel model, ChatConsole console, ChatSettings settings, TimeProvider clock, Func<ulong> freshSeed)
{
    private const string HelpText = """"
        /reset         start a new conversation
        /again         answer the last message once more
        /system TEXT   set the system prompt; /system alone shows it, /system - removes it
        /set NAME VAL  change a setting; /set alone shows them
        /save FILE     add the conversation to a JSONL file
        /exit          leave (Ctrl-D too)
        A line that ends in \ goes on; """ opens and closes a text of several lines. Ctrl-C stops an answer.
        """";

    private readonly List<(string Role, string Content)> turns = [];
    private CancellationTokenSource? answering;

    public string? System { get; set; }

    public bool ShowSpeed { get; init; } = true;

    /// <summary>How many messages and commands have been read.</summary>
    public int Received { get; private set; }

    /// <summary>Stops the answer being written; false when there is none.</summary>
    public bool Stop()
    {
        if (answering is not { } running)
        {
            return false;
        }

        try
        {
            running.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended at the same moment.
        }

        return true;
    }

    /// <summary>Until the input ends or somebody leaves.</summary>
    public void Run()
    {
        while (console.Read() is { } message)
        {
            Received++;
            if (message.StartsWith('/') && !message.StartsWith("//", StringComparison.Ordinal))
            {
                if (!Command(message))
                {
                    return;
                }
            }
            else if (!string.IsNullOrWhiteSpace(message))
            {
                Answer(message.StartsWith("//", StringComparison.Ordinal) ? message[1..] : message);
            }
        }
    }

    // False leaves.
    private bool Command(string line)
    {
        var parts = line.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var rest = parts.Length > 1 ? parts[1] : "";
        switch (parts[0])
        {
            case "/exit" or "/quit" or "/bye":
                return false;
            case "/reset":
                turns.Clear();
                console.Note(System is null ? "A new conversation." : "A new conversation; the system prompt stays.");
                break;
            case "/system":
                SetSystem(rest);
                break;
            case "/set":
                Set(rest);
                break;
            case "/again":
                Again();
                break;
            case "/save":
                Save(rest);
                break;
            case "/help" or "/?":
                console.Note(HelpText);
                break;
            default:
                console.Warn($"There is no command {parts[0]}; /help lists them. To send a message that begins with a slash, write two.");
                break;
        }

        return true;
    }

    private void SetSystem(string text)
    {
        if (text.Length > 0)
        {
            System = text == "-" ? null : text;
        }

        console.Note(System is null ? "No system prompt." : $"System prompt: {System}");
    }

    private void Set(string text)
    {
        try
        {
            if (text.Split([' ', '='], StringSplitOptions.RemoveEmptyEntries) is [var name, var value])
            {
                settings = settings.With(name, value);
            }
            else if (text.Length > 0)
            {
                throw new ArgumentException($"Write /set NAME VALUE, such as /set temperature 0.7. Settings: {ChatSettings.Names}.");
            }

            console.Note(settings.ToString());
        }
        catch (ArgumentException e)
        {
            console.Warn(e.Message);
        }
    }

    private void Again()
    {
        var last = turns.FindLastIndex(t => t.Role == "user");
        if (last < 0)
        {
            console.Warn("Nothing has been asked yet.");
            return;
        }

        var message = turns[last].Content;
        turns.RemoveRange(last, turns.Count - last);
        Answer(message);
    }

    private void Save(string file)
    {
        if (file.Length == 0 || turns.Count == 0)
        {
            console.Warn(file.Length == 0 ? "Write /save FILE." : "Nothing has been said yet.");
            return;
        }

        try
        {
            File.AppendAllText(file, new JsonObject { ["messages"] = Messages() }.ToJsonString(ChatJson.Options) + "\n");
            console.Note($"{Path.GetFullPath(file)}: one line with {Messages().Count} messages added, as `align train sft` reads them.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            console.Warn($"{file}: {e.Message}");
        }
    }

    private JsonArray Messages()
    {
        var list = new JsonArray();
        if (System is not null)
        {
            list.Add((JsonNode)new JsonObject { ["role"] = "system", ["content"] = System });
        }

        foreach (var (role, content) in turns)
        {
            list.Add((JsonNode)new JsonObject { ["role"] = role, ["content"] = content });
        }

        return list;
    }

    private void Answer(string message)
    {
        turns.Add(("user", message));
        try
        {
            if (Prompt() is { } prompt)
            {
                Generate(prompt);
            }
        }
        catch (TemplateException e)
        {
            turns.RemoveAt(turns.Count - 1);
            console.Warn($"The chat template refuses this conversation: {e.Message}{(System is null ? "" : " If it takes no system prompt, remove it with /system -.")}");
        }
    }

    // The conversation as ids, without its oldest turns where it has grown too long for the model. Null when even that does not help.
    private int[]? Prompt()
    {
        var dropped = 0;
        var wanted = Math.Min(settings.MaxTokens, model.MaxPositions / 4);
        var prompt = model.Encode(Messages());
        while (model.MaxPositions - prompt.Length < wanted && turns.Count > 1)
        {
            var next = turns.FindIndex(1, t => t.Role == "user");
            dropped += next;
            turns.RemoveRange(0, next);
            prompt = model.Encode(Messages());
        }

        if (dropped > 0)
        {
            console.Note($"The conversation is longer than this model's {model.MaxPositions} tokens: its oldest {dropped} messages are forgotten.");
        }

        if (prompt.Length < model.MaxPositions)
        {
            return prompt;
        }

        turns.RemoveAt(turns.Count - 1);
        console.Warn($"This message makes {prompt.Length} tokens; the model takes {model.MaxPositions}, the answer included. Shorten it{(System is null ? "" : " or the system prompt")}.");
        return null;
    }

    private void Generate(int[] prompt)
    {
        var start = clock.GetTimestamp();
        ChatReply reply;
        using (answering = new())
        {
            reply = model.Answer(prompt, settings.Options(model.MaxPositions - prompt.Length, freshSeed()), console.Say, answering.Token);
        }

        answering = null;
        var seconds = clock.GetElapsedTime(start).TotalSeconds;
        console.EndAnswer();
        turns.Add(("assistant", reply.Text));
        if (ShowSpeed)
        {
            console.Note(FormattableString.Invariant($"{reply.Tokens} tokens{(seconds > 0 ? $", {reply.Tokens / seconds:F1} tokens/s" : "")}; prompt {prompt.Length}{(reply.Reused > 0 ? $", {reply.Reused} of them kept" : "")}{Ending(reply)}"));
        }

        console.Gap();
    }

    private static string Ending(ChatReply reply) => reply.Reason switch
    {
        null => "; stopped",
        ModelCore.Generation.StopReason.Length => $"; cut at {reply.Tokens} tokens",
        _ => "",
    };
}
