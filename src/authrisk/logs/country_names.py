"""Countries by the English names that services write in place of codes.

The names are those of the time zone database (`iso3166.tab`, public domain), with the full names
and the other spellings that location databases use.
"""

from __future__ import annotations


def country_named(name: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country's English name, without regard to case.

    >>> country_named("United States"), country_named("CZECH REPUBLIC"), country_named("Atlantis")
    ('US', 'CZ', None)
    """
    return _CODES.get(name.casefold())


_NAMES = """\
AD Andorra|AE United Arab Emirates|AF Afghanistan|AG Antigua and Barbuda|AI Anguilla|AL Albania|\
AM Armenia|AO Angola|AQ Antarctica|AR Argentina|AS American Samoa|AT Austria|AU Australia|\
AW Aruba|AX Åland Islands|AZ Azerbaijan|BA Bosnia and Herzegovina|BB Barbados|BD Bangladesh|\
BE Belgium|BF Burkina Faso|BG Bulgaria|BH Bahrain|BI Burundi|BJ Benin|BL Saint Barthelemy|\
BM Bermuda|BN Brunei|BO Bolivia|BQ Bonaire, Sint Eustatius, and Saba|BR Brazil|BS Bahamas|\
BT Bhutan|BV Bouvet Island|BW Botswana|BY Belarus|BZ Belize|CA Canada|CC Cocos Islands|\
CD DR Congo|CF Central African Republic|CG Congo Republic|CH Switzerland|CI Côte d'Ivoire|\
CK Cook Islands|CL Chile|CM Cameroon|CN China|CO Colombia|CR Costa Rica|CU Cuba|CV Cape Verde|\
CW Curaçao|CX Christmas Island|CY Cyprus|CZ Czechia|DE Germany|DJ Djibouti|DK Denmark|\
DM Dominica|DO Dominican Republic|DZ Algeria|EC Ecuador|EE Estonia|EG Egypt|EH Western Sahara|\
ER Eritrea|ES Spain|ET Ethiopia|FI Finland|FJ Fiji|FK Falkland Islands|FM Micronesia|\
FO Faroe Islands|FR France|GA Gabon|GB United Kingdom|GD Grenada|GE Georgia|GF French Guiana|\
GG Guernsey|GH Ghana|GI Gibraltar|GL Greenland|GM Gambia|GN Guinea|GP Guadeloupe|\
GQ Equatorial Guinea|GR Greece|GS South Georgia and the South Sandwich Islands|GT Guatemala|\
GU Guam|GW Guinea-Bissau|GY Guyana|HK Hong Kong|HM Heard Island and McDonald Islands|\
HN Honduras|HR Croatia|HT Haiti|HU Hungary|ID Indonesia|IE Ireland|IL Israel|IM Isle of Man|\
IN India|IO British Indian Ocean Territory|IQ Iraq|IR Iran|IS Iceland|IT Italy|JE Jersey|\
JM Jamaica|JO Jordan|JP Japan|KE Kenya|KG Kyrgyzstan|KH Cambodia|KI Kiribati|KM Comoros|\
KN St Kitts and Nevis|KP North Korea|KR South Korea|KW Kuwait|KY Cayman Islands|KZ Kazakhstan|\
LA Laos|LB Lebanon|LC St Lucia|LI Liechtenstein|LK Sri Lanka|LR Liberia|LS Lesotho|LT Lithuania|\
LU Luxembourg|LV Latvia|LY Libya|MA Morocco|MC Monaco|MD Moldova|ME Montenegro|MF Saint Martin|\
MG Madagascar|MH Marshall Islands|MK North Macedonia|ML Mali|MM Myanmar|MN Mongolia|MO Macao|\
MP Northern Mariana Islands|MQ Martinique|MR Mauritania|MS Montserrat|MT Malta|MU Mauritius|\
MV Maldives|MW Malawi|MX Mexico|MY Malaysia|MZ Mozambique|NA Namibia|NC New Caledonia|NE Niger|\
NF Norfolk Island|NG Nigeria|NI Nicaragua|NL Netherlands|NO Norway|NP Nepal|NR Nauru|NU Niue|\
NZ New Zealand|OM Oman|PA Panama|PE Peru|PF French Polynesia|PG Papua New Guinea|PH Philippines|\
PK Pakistan|PL Poland|PM St Pierre and Miquelon|PN Pitcairn Islands|PR Puerto Rico|PS Palestine|\
PT Portugal|PW Palau|PY Paraguay|QA Qatar|RE Réunion|RO Romania|RS Serbia|RU Russia|RW Rwanda|\
SA Saudi Arabia|SB Solomon Islands|SC Seychelles|SD Sudan|SE Sweden|SG Singapore|SH St Helena|\
SI Slovenia|SJ Svalbard and Jan Mayen|SK Slovakia|SL Sierra Leone|SM San Marino|SN Senegal|\
SO Somalia|SR Suriname|SS South Sudan|ST Sao Tome and Principe|SV El Salvador|SX Sint Maarten|\
SY Syria|SZ Eswatini|TC Turks and Caicos Islands|TD Chad|TF French Southern Territories|TG Togo|\
TH Thailand|TJ Tajikistan|TK Tokelau|TL Timor-Leste|TM Turkmenistan|TN Tunisia|TO Tonga|\
TR Turkey|TT Trinidad and Tobago|TV Tuvalu|TW Taiwan|TZ Tanzania|UA Ukraine|UG Uganda|\
UM US Outlying Islands|US United States|UY Uruguay|UZ Uzbekistan|VA Vatican City|\
VC St Vincent and Grenadines|VE Venezuela|VG British Virgin Islands|VI US Virgin Islands|\
VN Vietnam|VU Vanuatu|WF Wallis and Futuna|WS Samoa|YE Yemen|YT Mayotte|ZA South Africa|\
ZM Zambia|ZW Zimbabwe|US United States of America|US USA|GB Great Britain|GB UK|\
RU Russian Federation|KR Korea|KR Republic of Korea|KR Korea, Republic of|CZ Czech Republic|\
TR Türkiye|TR Turkiye|VN Viet Nam|IR Iran, Islamic Republic of|SY Syrian Arab Republic|\
TW Taiwan, Province of China|TZ Tanzania, United Republic of|\
VE Venezuela, Bolivarian Republic of|BO Bolivia, Plurinational State of|MD Moldova, Republic of|\
MK Macedonia|NL The Netherlands|HK Hong Kong SAR China|MO Macau|SZ Swaziland|CV Cabo Verde|\
CI Ivory Coast|LA Lao People's Democratic Republic|BN Brunei Darussalam|\
PS Palestinian Territory|PS State of Palestine|CD Congo, The Democratic Republic of the|\
CG Congo|GM The Gambia|BS The Bahamas|VA Holy See|FM Micronesia, Federated States of|\
TL East Timor|MM Burma|XK Kosovo|AX Aland Islands|CW Curacao|RE Reunion|CI Cote d'Ivoire|\
ST São Tomé and Príncipe"""
_CODES = {entry[3:].casefold(): entry[:2] for entry in _NAMES.split("|")}
