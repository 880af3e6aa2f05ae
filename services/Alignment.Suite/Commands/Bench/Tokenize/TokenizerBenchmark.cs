using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Alignment.Text.Tokenization;

namespace Alignment.Suite.Commands.Bench.Tokenize;

/// <summary><c>align bench tokenizer</c>: how long large vocabularies take to load, and how fast texts become ids.</summary>
internal sealed class TokenizerBenchmark : IBenchmark
{
    private readonly Option<string?> file = new("--file") { Description = "A tokenizer.json of your own to measure as well." };

    public string Name => "tokenizer";

    public string Help => "Loading of vocabularies of 200,000 pieces, and encoding speed.";

    public IEnumerable<Option> Options => [file];

    public int Run(BenchArguments arguments, CancellationToken cancellation)
    {
        var size = arguments.Quick ? 50_000 : 200_000;
        List<(string Name, byte[] Json)> files = [("byte-level BPE", SyntheticVocabulary.Bpe(size)), ("Unigram", SyntheticVocabulary.Unigram(size)), ("WordPiece", SyntheticVocabulary.WordPiece(size))];
        if (arguments.Parsed.GetValue(file) is { } path)
        {
            files.Add((Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))!), File.ReadAllBytes(path)));
        }

        var text = string.Concat(Enumerable.Repeat("the old lighthouse watches the river and 42 careful readers trust the map of 1987 olá ação ", arguments.Quick ? 500 : 5000));
        var rows = files.Select(f => Measure(f.Name, f.Json, text, cancellation)).ToList();
        BenchTable.Print([["vocabulary", "pieces", "load ms", "wanted", "encode MB/s"],
            .. rows.Select(r => (string[])[r.Name, r.Pieces.ToString("N0", CultureInfo.InvariantCulture), r.LoadMilliseconds.ToString("0", CultureInfo.InvariantCulture), "< 1000", r.MegabytesPerSecond.ToString("0.0", CultureInfo.InvariantCulture)])]);
        BenchTable.WriteJson(arguments.Json, rows);
        return 0;
    }

    private static Row Measure(string name, byte[] json, string text, CancellationToken cancellation)
    {
        // The best of five: what else the machine does is not measured.
        var load = double.PositiveInfinity;
        Tokenizer? tokenizer = null;
        for (var i = 0; i < 5; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var clock = Stopwatch.StartNew();
            tokenizer = Tokenizer.Parse(json);
            load = Math.Min(load, clock.Elapsed.TotalMilliseconds);
        }

        var encode = double.PositiveInfinity;
        for (var i = 0; i < 5; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var clock = Stopwatch.StartNew();
            tokenizer!.EncodeIds(text);
            encode = Math.Min(encode, clock.Elapsed.TotalSeconds);
        }

        return new(name, tokenizer!.VocabularySize, load, Encoding.UTF8.GetByteCount(text) / 1e6 / encode);
    }

    private sealed record Row(string Name, int Pieces, double LoadMilliseconds, double MegabytesPerSecond);
}
