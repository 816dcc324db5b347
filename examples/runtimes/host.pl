#!/usr/bin/env perl
# A worker host for Perl, with nothing but Perl's own modules: see docs/worker-host.md.
# In a target, `module` is a Perl file and `export` one of its subs; without `export` it is the code reference that the file returns.
package Polyproc;
use strict;
use warnings;
use B ();
use IO::Handle;
use JSON::PP ();    # for its true and false
use Scalar::Util qw(blessed reftype);

open(my $socket, '+<&=', 3) or die "host.pl: started without a connection on file descriptor 3: the server does that\n";
binmode $socket;
$^F = 2;
use Fcntl;
fcntl($socket, F_SETFD, FD_CLOEXEC);
$SIG{INT} = 'IGNORE';
STDOUT->autoflush(1);

our ($identity, $limit) = (undef, 64 << 20);
my ($next_id, $run_once, $retiring, $running, %targets, %loaded, @later, @tasks) = (1);

# --- msgpack -------------------------------------------------------------------------------------------------------------

sub encode { my @handles; my $data = write_value($_[0], \@handles, 0); return ($data, \@handles) }

sub write_value {
    my ($value, $handles, $depth) = @_;
    die "TypeError: the value is nested more than 500 deep, or holds itself\n" if $depth > 500;
    return "\xc0" unless defined $value;
    if (my $class = blessed $value) {
        return $value ? "\xc3" : "\xc2" if $value->isa('JSON::PP::Boolean');
        die "TypeError: an object of $class cannot be sent to another process: send its members\n" unless $class =~ /^Polyproc::(Handle|Ext)$/;
        return sized($$value[1], 0xc7, 0xc8, 0xc9, chr($$value[0] & 0xff)) if $1 eq 'Ext';
        push @$handles, $$value unless grep { $_ eq $$value } @$handles;
        return sized($$value, 0xc7, 0xc8, 0xc9, "\x01");
    }
    my $type = ref $value;
    if ($type eq 'SCALAR') { return sized($$value, 0xc4, 0xc5, 0xc6, '') }    # a reference to text stands for bytes
    if ($type eq 'ARRAY') { return counted(scalar @$value, 0x90, 0xdc) . join '', map { write_value($_, $handles, $depth + 1) } @$value }
    if ($type eq 'HASH') {
        return counted(scalar keys %$value, 0x80, 0xde) . join '', map { write_text("$_") . write_value($$value{$_}, $handles, $depth + 1) } sort keys %$value;
    }
    die "TypeError: a reference of type $type cannot be sent to another process\n" if $type;
    my $flags = B::svref_2object(\$value)->FLAGS;
    return write_text($value) if $flags & B::SVp_POK;
    if ($flags & B::SVp_IOK) {
        return $value < 0 ? "\xd3" . pack('q>', $value) : $value < 128 ? chr $value : $value <= 0xffffffff ? "\xce" . pack('N', $value) : "\xcf" . pack('Q>', $value);
    }
    return "\xcb" . pack('d>', $value);
}

sub write_text {
    my ($text) = @_;
    utf8::encode($text);
    my $n = length $text;
    return $n < 32 ? chr(0xa0 | $n) . $text : sized($text, 0xd9, 0xda, 0xdb, '');
}

sub sized {
    my ($data, $one, $two, $four, $after) = @_;
    my $n = length $data;
    return ($n < 256 ? pack('CC', $one, $n) : $n < 65536 ? pack('Cn', $two, $n) : pack('CN', $four, $n)) . $after . $data;
}

sub counted { my ($n, $short, $long) = @_; return $n < 16 ? chr($short | $n) : $n < 65536 ? pack('Cn', $long, $n) : pack('CN', $long + 1, $n) }

# Reads one value of $$data at $$at.
sub read_value {
    my ($data, $at) = @_;
    my $take = sub { my ($n) = @_; die "Malformed: a value ends too early\n" if $$at + $n > length $$data; $$at += $n; return substr $$data, $$at - $n, $n };
    my $number = sub { my ($format, $n) = @_; return unpack $format, $take->($n) };
    my $text = sub { my $bytes = $take->($_[0]); utf8::decode($bytes); return $bytes };
    my $array = sub { my ($n) = @_; return [map { read_value($data, $at) } 1 .. $n] };
    my $map = sub { my ($n) = @_; my %map; for (1 .. $n) { my $key = read_value($data, $at); $map{$key} = read_value($data, $at) } return \%map };
    my $ext = sub { my ($n) = @_; my $type = $number->('c', 1); my $bytes = $take->($n); return $type == 1 ? bless \$bytes, 'Polyproc::Handle' : bless [$type, $bytes], 'Polyproc::Ext' };
    my $b = $number->('C', 1);
    return $b if $b < 0x80;
    return $map->($b & 15) if $b < 0x90;
    return $array->($b & 15) if $b < 0xa0;
    return $text->($b & 31) if $b < 0xc0;
    return $b - 256 if $b >= 0xe0;
    return undef if $b == 0xc0;
    return $b == 0xc3 ? JSON::PP::true : JSON::PP::false if $b <= 0xc3 && $b > 0xc1;
    my @length = (['C', 1], ['n', 2], ['N', 4]);
    if ($b >= 0xc4 && $b <= 0xc6) { my $bytes = $take->($number->(@{ $length[$b - 0xc4] })); return \$bytes }
    return $ext->($number->(@{ $length[$b - 0xc7] })) if $b >= 0xc7 && $b <= 0xc9;
    my %fixed = (0xca => ['f>', 4], 0xcb => ['d>', 8], 0xcc => ['C', 1], 0xcd => ['n', 2], 0xce => ['N', 4], 0xcf => ['Q>', 8], 0xd0 => ['c', 1], 0xd1 => ['s>', 2], 0xd2 => ['l>', 4], 0xd3 => ['q>', 8]);
    return $number->(@{ $fixed{$b} }) if $fixed{$b};
    return $ext->(1 << ($b - 0xd4)) if $b >= 0xd4 && $b <= 0xd8;
    return $text->($number->(@{ $length[$b - 0xd9] })) if $b >= 0xd9 && $b <= 0xdb;
    return $array->($number->(@{ $length[$b - 0xdb] })) if $b == 0xdc || $b == 0xdd;
    return $map->($number->(@{ $length[$b - 0xdd] })) if $b == 0xde || $b == 0xdf;
    die sprintf "Malformed: byte %02x begins no value\n", $b;
}

sub to_payload { my ($data, $handles) = encode(@_); return @$handles ? [\$data, $handles] : \$data }
sub from_payload { my ($payload) = @_; my $at = 0; return read_value(ref $payload eq 'ARRAY' ? $$payload[0] : $payload, \$at) }

# --- messages ------------------------------------------------------------------------------------------------------------

sub send_message {
    my ($frame) = encode($_[0]);
    $frame = pack('N', length $frame) . $frame;
    for (my $sent = 0; $sent < length $frame;) {
        my $n = syswrite $socket, $frame, length($frame) - $sent, $sent;
        exit 1 unless defined $n || $!{EINTR};
        $sent += $n // 0;
    }
}

sub read_bytes {
    my ($bytes, $wanted) = ('', @_);
    while (length $bytes < $wanted) {
        my $n = sysread $socket, $bytes, $wanted - length $bytes, length $bytes;
        exit 0 if defined $n ? $n == 0 : !$!{EINTR};    # the server has gone
    }
    return $bytes;
}

sub read_message { my $body = read_bytes(unpack 'N', read_bytes(4)); my $at = 0; return read_value(\$body, \$at) }

sub notify { my ($method, $params) = @_; send_message({ method => $method, params => $params }) }

# For your functions, too: Polyproc::request('lock/acquire', { lock => $$lock }), where $lock came as an argument. Dies with the error's message.
sub request {
    my ($method, $params) = @_;
    my $id = $next_id++;
    send_message({ id => $id, method => $method, params => $params });
    while (1) {
        my $message = read_message();
        if (exists $$message{method}) { push @later, $message }
        elsif (($$message{id} // '') eq $id) { return $$message{result} unless $$message{error}; die "$$message{error}{message}\n" }
    }
}

# For your functions, too: Polyproc::report(0.5, 'compressing') tells how far the running item is. Without arguments it takes that back.
sub report {
    my ($fraction, $text) = @_;
    die "RangeError: report: fraction must be from 0 to 1; got $fraction\n" if defined $fraction && !($fraction =~ /^[\d.eE+-]+$/ && $fraction >= 0 && $fraction <= 1);
    return unless $running;
    notify('worker/progress', { %$running, fraction => defined $fraction ? 0 + $fraction : undef, text => substr($text // '', 0, 200) });
}

# --- tasks ---------------------------------------------------------------------------------------------------------------

sub failure {
    my ($thrown) = @_;
    return $$thrown if blessed $thrown && $thrown->isa('Polyproc::NotFound');
    my $type = blessed $thrown // 'die';
    my $message = "$thrown";
    $message =~ s/\n\z//;
    ($type, $message) = ($1, $2) if !blessed $thrown && $message =~ /^(\w+Error): (.*)/s;
    return { code => 1012, message => "$type: $message", data => { name => 'TaskFailed', type => $type, message => $message, stack => "$type: $message", language => 'perl' } };
}

sub not_found { my ($module, $message) = @_; my $error = { code => 1010, message => $message, data => { name => 'TargetNotFound', module => $module } }; die bless \$error, 'Polyproc::NotFound' }

sub load {
    my ($target) = @_;
    if (defined $$target{source}) { my $code = eval "package main; $$target{source}"; return ref $code eq 'CODE' ? $code : not_found('source', 'the source is no sub: ' . ($@ || "write sub { … }")) }
    my $path = $$target{module};
    if ($path =~ s{^file://(localhost)?(?=/)}{}) { $path =~ s/%([0-9a-fA-F]{2})/chr hex $1/ge }
    not_found($path, "module $path does not exist") unless -f $path;
    unless (exists $loaded{$path}) {
        package main;
        local ($@, $!);
        my $value = do $path;
        Polyproc::not_found($path, "module $path cannot be loaded: " . ($@ || $!)) if !defined $value && ($@ || $!);
        $loaded{$path} = $value;
    }
    my $name = $$target{export};
    return $loaded{$path} if (!defined $name || $name eq 'default') && (ref $loaded{$path} // '') eq 'CODE';
    $name //= 'default';
    my $sub = main->can($name) || ($name =~ /^(.+)(?:\.|::)(\w+)$/ && $1->can($2));
    return $sub || not_found($path, "module $path has no sub named $name");
}

sub call {
    my ($code, $mode, $item) = @_;
    return scalar $code->($item) if $mode eq 'map';
    die "TypeError: the arguments must be a list\n" unless ref $item eq 'ARRAY';
    return scalar $code->(@$item) if $mode eq 'starmap';
    my ($args, $kwargs) = @$item;
    return scalar $code->(@{ $args // [] }, %{ $kwargs // {} } ? $kwargs : ());
}

sub fitting {
    my ($payload) = @_;
    my $bytes = length ${ ref $payload eq 'ARRAY' ? $$payload[0] : $payload };
    return $payload if $bytes < $limit - 65536;
    die "RangeError: the result takes $bytes bytes, and a message at most $limit: return it in parts, or write it to a file\n";
}

# One outcome an item; all of them but the last are parts.
sub run_task {
    my ($task) = @_;
    my ($from, $to, $thrown) = ($$task{from} // 0, $$task{to} // $$task{count});
    my $is_loaded = $targets{ $$task{target} }{code};
    my $code = eval { $targets{ $$task{target} }{code} //= load($targets{ $$task{target} }{target}) };
    my $items = $code && eval { from_payload($$task{items}) };
    if (!$items) {
        notify('worker/result', { seq => $$task{seq}, from => $from, count => $to - $from, error => failure($@) });
        return $@;
    }
    # The task's time begins now: loading its file was not its own doing.
    notify('worker/part', { seq => $$task{seq}, from => $from, count => 0, next => $from }) unless $is_loaded;
    for my $index ($from .. $to - 1) {
        my %outcome = (seq => $$task{seq}, from => $index, count => 1);
        ($thrown, $running) = (undef, { seq => $$task{seq}, item => $index });
        unless (eval { $outcome{values} = fitting(to_payload([call($code, $$task{mode}, $$items[$index])])); 1 }) { $thrown = $@; delete $outcome{values}; $outcome{error} = failure($thrown) }
        $running = undef;
        STDOUT->flush;
        notify($index == $to - 1 ? 'worker/result' : 'worker/part', $index == $to - 1 ? \%outcome : { %outcome, next => $index + 1 });
    }
    return $thrown;
}

sub accept_run {
    my ($run) = @_;
    $identity = $$run{identity} if $$run{identity};
    $run_once = 1 if $$run{once};
    $targets{ $$_{id} } = { target => $$_{target} } for @{ $$run{targets} // [] };
    push @tasks, @{ $$run{tasks} };
    return unless my $initializer = $$run{initializer};
    my $ran = eval { call(load($$initializer{target}), 'apply', $$initializer{args} ? from_payload($$initializer{args}) : []); 1 };
    notify('worker/initialized', $ran ? {} : { error => failure($@) });
    @tasks = () unless $ran;
}

sub leave {
    my ($thrown) = @_;
    print STDERR ref $thrown ? ref $thrown eq 'Polyproc::NotFound' ? "$${$thrown}{message}\n" : "$thrown\n" : $thrown if $thrown;
    request('shutdown', {});
    exit($thrown ? 1 : 0);
}

my $ready = request('worker/ready', { protocolVersion => '1.0', runtime => $ENV{POLYPROC_RUNTIME} // 'perl', pid => $$ });
$limit = $$ready{limits}{maxMessageBytes};
while (1) {
    while (my $task = shift @tasks) {
        my $thrown = run_task($task);
        leave($thrown) if $run_once;
    }
    exit 0 if $retiring && !@later;
    my $message = shift @later // read_message();
    my $method = $$message{method} // '';
    if ($method eq 'worker/run') { accept_run($$message{params}) }
    elsif ($method eq 'worker/exit') { $retiring = 1 }
}
