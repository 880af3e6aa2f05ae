using System.CommandLine;
using System.Text;
using Alignment.ModelCore.Generation;
using Alignment.Suite.Commands.Chat;
using TorchSharp;

namespace Alignment.Suite.Commands;

/// <summary><c>align chat DIR</c>: talk to a model folder in the terminal, offline.</summary>
internal sealed class ChatVerb : IVerb
{
    private static readonly Option<string?> System = new("--system") { Description = "System prompt." };
    private static readonly Option<double?> Temperature = new("--temperature") { Description = "0 takes the best token; default the model's own setting, or 0.7." };
    private static readonly Option<double?> TopP = new("--top-p") { Description = "Draw from the smallest set with this probability." };
    private static readonly Option<int?> TopK = new("--top-k") { Description = "Draw from the k best; 0 draws from all." };
    private static readonly Option<double?> Penalty = new("--repetition-penalty") { Description = "1 is none." };
    private static readonly Option<int?> MaxTokens = new("--max-tokens") { Description = "Longest answer in tokens; default 512." };
    private static readonly Option<ulong?> Seed = new("--seed") { Description = "The same seed gives the same answers; default a new one each time." };
    private static readonly Option<string[]> Stop = new("--stop") { Description = "End an answer where this text appears; may be repeated." };
    private static readonly Option<bool> Quiet = new("--quiet") { Description = "Answers only: no greeting, no tokens per second." };

    public Command Build()
    {
        var folder = ModelVerb.Folder();
        var dtype = ModelVerb.DType("Dtype to compute in: float32 (default), float64 or bfloat16.");
        var command = new Command("chat", "Talk to a model in the terminal. /help lists commands; Ctrl-C stops an answer. Input from a pipe: one message a line.")
        {
            folder, System, Temperature, TopP, TopK, Penalty, MaxTokens, Seed, Stop, Quiet, dtype,
        };
        // Not asynchronous: Ctrl-C belongs to the conversation.
        command.SetAction(parse => ModelVerb.Guard(() => Run(parse, parse.GetValue(folder)!.FullName, ModelVerb.ComputeDType(parse.GetValue(dtype)) ?? torch.ScalarType.Float32)));
        return command;
    }

    private static void Run(ParseResult parse, string folder, torch.ScalarType dtype)
    {
        var settings = Settings(parse, folder);
        using var responder = ChatResponder.Load(folder, dtype);
        if (!responder.HasTemplate)
        {
            throw new InvalidDataException($"{folder}: no chat template, so it is unknown how this model marks turns. Put its template into chat_template.jinja there, or continue bare text with: align model generate {folder} --prompt TEXT");
        }

        var (typed, watched) = (!Console.IsInputRedirected, !Console.IsOutputRedirected);
        Console.OutputEncoding = new UTF8Encoding(false);
        var console = new ChatConsole(Console.In, Console.Out, watched ? Console.Out : Console.Error, typed && watched, watched && Environment.GetEnvironmentVariable("NO_COLOR") is null or "");
        using var model = new FolderChatModel(responder);
        var quiet = parse.GetValue(Quiet);
        var session = new ChatSession(model, console, settings, TimeProvider.System, () => (ulong)Random.Shared.NextInt64())
        {
            System = parse.GetValue(System), ShowSpeed = !quiet,
        };
        if (typed && watched && !quiet)
        {
            console.Note($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}, up to {model.MaxPositions} tokens. {settings}.\n/help lists commands; /exit or Ctrl-D leaves.\n");
        }

        var told = -1;
        void Interrupted(object? sender, ConsoleCancelEventArgs e)
        {
            // The first one only stops an answer, or tells how to leave; a second one in a row leaves.
            var stopped = session.Stop();
            e.Cancel = stopped || told != session.Received;
            if (!stopped && e.Cancel)
            {
                told = session.Received;
                console.Note("\n(/exit or Ctrl-D leaves; so does Ctrl-C again)");
            }
        }

        Console.CancelKeyPress += Interrupted;
        try
        {
            session.Run();
        }
        finally
        {
            Console.CancelKeyPress -= Interrupted;
        }
    }

    /// <summary>The command line over the model's generation_config.json over the defaults.</summary>
    private static ChatSettings Settings(ParseResult parse, string folder)
    {
        var settings = new ChatSettings { Seed = parse.GetValue(Seed), Stop = parse.GetValue(Stop) ?? [] };
        var file = Path.Combine(folder, "generation_config.json");
        if (File.Exists(file))
        {
            using var json = ModelVerb.Json(file);
            var own = ModelVerb.Generation(file, json);
            settings = own.Sample && json.RootElement.TryGetProperty("temperature", out _) ? settings with { Temperature = own.Temperature } : settings;
            settings = settings with { TopP = own.TopP, RepetitionPenalty = own.RepetitionPenalty, TopK = json.RootElement.TryGetProperty("top_k", out _) ? own.TopK : 0 };
        }

        foreach (var (name, value) in new (string, object?)[]
        {
            ("temperature", parse.GetValue(Temperature)), ("top_p", parse.GetValue(TopP)), ("top_k", parse.GetValue(TopK)),
            ("repetition_penalty", parse.GetValue(Penalty)), ("max_tokens", parse.GetValue(MaxTokens)),
        })
        {
            settings = value is null ? settings : settings.With(name, FormattableString.Invariant($"{value}"));
        }

        return settings;
    }
}
