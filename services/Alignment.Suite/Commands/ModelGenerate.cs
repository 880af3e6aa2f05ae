using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Generation;
using Alignment.ModelCore.Modules;
using Alignment.Text.Tokenization;
using TorchSharp;

namespace Alignment.Suite.Commands;

/// <summary><c>align model generate DIR</c>: continue a text or ids.</summary>
internal static class ModelGenerate
{
    private static readonly Option<string?> Prompt = new("--prompt") { Description = "Text to continue; needs the folder's tokenizer.json." };
    private static readonly Option<string?> Ids = new("--ids") { Description = "Token ids to continue, separated by commas." };
    private static readonly Option<FileInfo?> Messages = new("--messages") { Description = "JSON file with a conversation to answer: [{role, content}, …] or {\"messages\": […]}; needs the folder's chat template." };
    private static readonly Option<int> MaxNew = new("--max-new-tokens") { Description = "Most tokens to generate.", DefaultValueFactory = _ => 128 };
    private static readonly Option<double?> Temperature = new("--temperature") { Description = "Draw at random at this temperature; without it (or with 0) the best token is taken." };
    private static readonly Option<int> TopK = new("--top-k") { Description = "Draw from the k best; 0 draws from all." };
    private static readonly Option<double> TopP = new("--top-p") { Description = "Draw from the smallest set with this probability.", DefaultValueFactory = _ => 1 };
    private static readonly Option<double> Penalty = new("--repetition-penalty") { Description = "1 is none.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Beams = new("--beams") { Description = "Beam search with this many beams.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Count = new("--count") { Description = "Sequences to generate.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string[]> Stop = new("--stop") { Description = "Stop when this text appears; may be repeated." };
    private static readonly Option<ulong> Seed = new("--seed") { Description = "The same seed gives the same text." };
    private static readonly Option<bool> Json = new("--json") { Description = "One JSON line per sequence: ids, text, log-probabilities, reason." };

    public static Command Build()
    {
        var folder = ModelVerb.Folder();
        var dtype = ModelVerb.DType("Dtype to load and compute in; default as stored.");
        var command = new Command("generate", "Continue a text.") { folder, Prompt, Ids, Messages, MaxNew, Temperature, TopK, TopP, Penalty, Beams, Count, Stop, Seed, Json, dtype };
        command.SetAction((parse, cancel) => Task.FromResult(ModelVerb.Guard(() => Run(parse, parse.GetValue(folder)!.FullName, parse.GetValue(dtype), cancel))));
        return command;
    }

    private static void Run(ParseResult parse, string folder, string? dtype, CancellationToken cancel)
    {
        CheckNumbers(parse);
        using var model = CheckpointReader.LoadCausal(folder, ModelVerb.ComputeDType(dtype));
        var tokenizer = File.Exists(Path.Combine(folder, "tokenizer.json")) ? Tokenizer.Load(folder) : null;
        var prompt = PromptIds(parse, folder, tokenizer);
        var options = Options(parse, folder, model);
        if (prompt.Length + options.MaxNewTokens > model.Config.MaxPositions && model.Config.Rope is not null)
        {
            Console.Error.WriteLine($"Note: {prompt.Length} tokens and {options.MaxNewTokens} new ones go beyond the {model.Config.MaxPositions} this model was made for; what lies beyond is seldom good.");
        }

        var generator = new SequenceGenerator(model, tokenizer is null ? null : new TokenBytes(tokenizer).Of);
        var stream = tokenizer is not null && options is { Sequences: 1, Beams: 1 } && !parse.GetValue(Json) ? tokenizer.CreateStream() : null;
        using var scope = torch.NewDisposeScope();
        var sequences = generator.Generate([prompt], options, stream is null ? null : t => Console.Write(stream.Step(t.Id)), cancel);
        if (stream is not null)
        {
            Console.WriteLine(stream.Flush());
            return;
        }

        foreach (var s in sequences)
        {
            var text = tokenizer?.Decode([.. s.Ids]);
            Console.WriteLine(parse.GetValue(Json)
                ? JsonSerializer.Serialize(new { ids = s.Ids, text, logprobs = s.LogProbs, reason = s.Reason.ToString(), score = s.Score }, JsonSerializerOptions.Web)
                : text ?? string.Join(',', s.Ids));
        }
    }

    private static void CheckNumbers(ParseResult parse)
    {
        foreach (var (option, good, range) in new (Option, bool, string)[]
        {
            (MaxNew, parse.GetValue(MaxNew) >= 1, "at least 1"), (Temperature, parse.GetValue(Temperature) is null or (>= 0 and <= 1000), "from 0 to 1000"),
            (TopK, parse.GetValue(TopK) >= 0, "at least 0"), (TopP, parse.GetValue(TopP) is > 0 and <= 1, "above 0 and at most 1"),
            (Penalty, parse.GetValue(Penalty) is > 0 and < double.PositiveInfinity, "above 0"), (Beams, parse.GetValue(Beams) >= 1, "at least 1"), (Count, parse.GetValue(Count) >= 1, "at least 1"),
        })
        {
            if (!good)
            {
                throw new ArgumentException($"{option.Name} must be {range}.");
            }
        }
    }

    private static int[] PromptIds(ParseResult parse, string folder, Tokenizer? tokenizer)
    {
        if (new[] { parse.GetValue(Ids) is null, parse.GetValue(Prompt) is null, parse.GetValue(Messages) is null }.Count(missing => !missing) != 1)
        {
            throw new ArgumentException("Give one of --prompt TEXT, --messages FILE or --ids 1,2,3.");
        }

        if (parse.GetValue(Messages) is { } file)
        {
            return Conversation(file, folder);
        }

        if (parse.GetValue(Ids) is { } ids)
        {
            return [.. ids.Split(',').Select(i => int.TryParse(i, CultureInfo.InvariantCulture, out var id) ? id : throw new ArgumentException($"--ids: '{i}' is no token id."))];
        }

        return tokenizer?.EncodeIds(parse.GetValue(Prompt)!) ?? throw new ArgumentException($"{folder} has no tokenizer.json; give --ids instead of --prompt.");
    }

    private static int[] Conversation(FileInfo file, string folder)
    {
        var encoder = RowEncoder.Load(folder);
        if (!encoder.HasTemplate)
        {
            throw new InvalidDataException($"{folder}: no chat template; put it into chat_template.jinja there, or give --prompt.");
        }

        try
        {
            var json = JsonNode.Parse(File.ReadAllBytes(file.FullName));
            var messages = json as JsonArray ?? (json as JsonObject)?["messages"] as JsonArray;
            return messages is { Count: > 0 } && messages.All(m => m is JsonObject o && o["role"] is JsonValue && o.ContainsKey("content") && o.ToString().Length > 0) ? encoder.EncodePrompt(messages)
                : throw new InvalidDataException($"{file.FullName}: expected messages, [{{\"role\": \"user\", \"content\": \"…\"}}, …].");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{file.FullName}: {e.Message}", e);
        }
    }

    private static GenerationOptions Options(ParseResult parse, string folder, CausalModel model)
    {
        var file = Path.Combine(folder, "generation_config.json");
        var ends = model.Config.EosTokenIds;
        if (File.Exists(file))
        {
            using var json = ModelVerb.Json(file);
            // Its end tokens only: how to draw is said on the command line.
            ends = [.. ends.Union(ModelVerb.Generation(file, json).EosTokenIds)];
        }

        return new()
        {
            MaxNewTokens = parse.GetValue(MaxNew), Sample = parse.GetValue(Temperature) is > 0, Temperature = parse.GetValue(Temperature) is { } t and > 0 ? t : 1,
            TopK = parse.GetValue(TopK), TopP = parse.GetValue(TopP), RepetitionPenalty = parse.GetValue(Penalty),
            Beams = parse.GetValue(Beams), Sequences = parse.GetValue(Count), StopStrings = parse.GetValue(Stop) ?? [], Seed = parse.GetValue(Seed), EosTokenIds = ends,
        };
    }
}
